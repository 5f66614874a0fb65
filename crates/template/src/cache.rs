//! Parsed templates, kept for the next render: the same few texts are rendered over and over.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::error::Error;
use crate::functions::Table;
use crate::{MissingKey, Options, Template};

/// All that decides what a parsed template is. The name is in error texts, so it is part of it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    name: Box<str>,
    text: Box<str>,
    delimiters: (Box<str>, Box<str>),
    missing: MissingKey,
    functions: Table,
}

#[derive(Debug)]
struct Kept {
    templates: LruCache<Key, Arc<Template>>,
    /// Bytes of the texts of all templates together.
    bytes: usize,
}

/// A bounded cache of parsed templates, for many threads. The one that was not used for longest goes first.
#[derive(Debug)]
pub struct Cache {
    kept: Mutex<Kept>,
    limit: usize,
}

impl Cache {
    /// Keeps at most so many templates, and at most so many bytes of template text. A tree takes about ten times the
    /// memory of its text.
    pub fn new(templates: NonZeroUsize, bytes: usize) -> Self {
        Self { kept: Mutex::new(Kept { templates: LruCache::new(templates), bytes: 0 }), limit: bytes }
    }

    /// The template of a text, parsed now or before. Texts that are no templates are not kept.
    pub fn parse(&self, name: &str, text: &str, options: &Options<'_>) -> Result<Arc<Template>, Error> {
        let key = Key {
            name: name.into(),
            text: text.into(),
            delimiters: (options.left.into(), options.right.into()),
            missing: options.missing,
            functions: options.functions,
        };
        if let Some(template) = self.kept.lock().templates.get(&key) {
            return Ok(Arc::clone(template));
        }
        // Parsing is not under the lock: a large text must not hold up the others.
        let template = Arc::new(Template::parse(name, text, options)?);
        self.keep(key, &template);
        Ok(template)
    }

    fn keep(&self, key: Key, template: &Arc<Template>) {
        if key.text.len() > self.limit {
            return;
        }
        let mut kept = self.kept.lock();
        kept.bytes += key.text.len();
        if let Some((old, _)) = kept.templates.push(key, Arc::clone(template)) {
            kept.bytes -= old.text.len();
        }
        while kept.bytes > self.limit {
            let Some((old, _)) = kept.templates.pop_lru() else { break };
            kept.bytes -= old.text.len();
        }
    }

    /// How many templates it holds.
    pub fn len(&self) -> usize {
        self.kept.lock().templates.len()
    }

    /// True when it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests fail loudly.

    use super::*;

    fn cache(templates: usize, bytes: usize) -> Cache {
        Cache::new(NonZeroUsize::new(templates).unwrap(), bytes)
    }

    #[test]
    fn the_same_text_is_parsed_once() {
        let cache = cache(4, 100);
        let first = cache.parse("a", "{{ .x }}", &Options::default()).unwrap();
        assert!(Arc::ptr_eq(&first, &cache.parse("a", "{{ .x }}", &Options::default()).unwrap()));
        let other = Options { missing: MissingKey::Zero, ..Options::default() };
        assert!(!Arc::ptr_eq(&first, &cache.parse("a", "{{ .x }}", &other).unwrap()));
        assert!(!Arc::ptr_eq(&first, &cache.parse("b", "{{ .x }}", &Options::default()).unwrap()));
    }

    #[test]
    fn the_number_of_templates_and_the_bytes_of_their_texts_are_bounded() {
        let few = cache(2, 1_000);
        for text in ["a", "b", "c"] {
            few.parse("t", text, &Options::default()).unwrap();
        }
        assert_eq!(few.len(), 2);
        let small = cache(100, 10);
        for text in ["aaaa", "bbbb", "cccc", "longer than all of it"] {
            small.parse("t", text, &Options::default()).unwrap();
        }
        assert_eq!(small.len(), 2);
        assert_eq!(small.kept.lock().bytes, 8);
    }

    #[test]
    fn a_text_that_is_no_template_is_not_kept() {
        let cache = cache(2, 100);
        cache.parse("t", "{{", &Options::default()).unwrap_err();
        assert!(cache.is_empty());
    }

    #[test]
    fn a_template_can_go_to_another_thread() {
        fn sent<T: Send + Sync>() {}
        sent::<Cache>();
        sent::<Arc<Template>>();
    }
}
