//! Splits a YAML 1.1 text into tokens, with the rules of libyaml: what a simple key is, and where blocks begin and end.

use std::collections::{HashMap, VecDeque};

use super::cursor::{Cursor, Mark};
use super::token::{Kind, Token, scan_problem};
use crate::error::Outcome;

/// A scalar or a collection that is a key if a colon follows.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing but a key can stand here.
    required: bool,
    /// Place of the token in the stream.
    number: usize,
    mark: Mark,
}

/// How long a simple key may be, in characters.
const LONGEST_KEY: usize = 1024;

pub(super) struct Scanner<'t> {
    pub(super) cursor: Cursor<'t>,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    pub(super) flow_level: usize,
    /// Column of the innermost block; -1 outside.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) key_allowed: bool,
    keys: Vec<SimpleKey>,
    /// Places in `keys` by the number of the token.
    by_token: HashMap<usize, usize>,
    ended: bool,
}

fn column(mark: Mark) -> isize {
    isize::try_from(mark.column).unwrap_or(isize::MAX)
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            by_token: HashMap::new(),
            ended: false,
        }
    }

    /// The next token, which stays.
    pub fn peek(&mut self) -> Outcome<&Token> {
        const END: &Token = &Token { kind: Kind::StreamEnd, mark: Mark { index: 0, line: 0, column: 0 } };
        while !self.ended && (self.tokens.is_empty() || self.head_may_be_key()?) {
            self.fetch()?;
        }
        Ok(self.tokens.front().unwrap_or(END))
    }

    /// Takes the token that was looked at.
    pub fn next(&mut self) -> Outcome<Token> {
        let token = self.peek()?.clone();
        self.tokens.pop_front();
        self.taken += 1;
        Ok(token)
    }

    fn head_may_be_key(&mut self) -> Outcome<bool> {
        let Some(at) = self.by_token.get(&self.taken) else { return Ok(false) };
        self.is_valid(*at)
    }

    /// Whether a key is still possible: it must be short and on one line.
    fn is_valid(&mut self, at: usize) -> Outcome<bool> {
        let here = self.cursor.mark;
        let Some(key) = self.keys.get_mut(at).filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line == here.line && key.mark.index + LONGEST_KEY >= here.index {
            return Ok(true);
        }
        if key.required {
            return Err(scan_problem(here, key.mark, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(false)
    }

    fn push(&mut self, kind: Kind, mark: Mark) {
        self.tokens.push_back(Token { kind, mark });
    }

    /// Pushes a token of so many one-byte characters.
    fn push_mark(&mut self, kind: Kind, width: usize) {
        let mark = self.cursor.mark;
        for _ in 0..width {
            self.cursor.skip();
        }
        self.push(kind, mark);
    }

    fn fetch(&mut self) -> Outcome<()> {
        self.skip_to_token();
        self.unroll(column(self.cursor.mark));
        if self.cursor.is_end() {
            return self.fetch_end();
        }
        let c = &self.cursor;
        if c.mark.column == 0 && c.byte() == b'%' {
            self.leave_blocks()?;
            let token = self.directive()?;
            self.tokens.push_back(token);
            return Ok(());
        }
        for (mark, kind) in [(b"---", Kind::DocumentStart), (b"...", Kind::DocumentEnd)] {
            if self.cursor.is_document_mark(mark) {
                self.leave_blocks()?;
                self.push_mark(kind, 3);
                return Ok(());
            }
        }
        self.fetch_content()
    }

    fn fetch_content(&mut self) -> Outcome<()> {
        let flow = self.flow_level > 0;
        match self.cursor.byte() {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.push_mark(Kind::FlowEntry, 1);
                Ok(())
            }
            b'-' if self.cursor.is_blank_or_end(1) => self.block_entry(),
            b'?' if flow || self.cursor.is_blank_or_end(1) => self.complex_key(),
            b':' if flow || self.cursor.is_blank_or_end(1) => self.value(),
            b'*' | b'&' | b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = if self.cursor.byte() == b'!' { self.tag()? } else { self.anchor()? };
                self.tokens.push_back(token);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.remove_key()?;
                self.key_allowed = true;
                let token = self.block_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.quoted_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            _ if self.starts_plain() => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.plain_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            _ => {
                let here = self.cursor.mark;
                Err(scan_problem(here, here, "found character that cannot start any token"))
            }
        }
    }

    fn starts_plain(&self) -> bool {
        let c = &self.cursor;
        match c.byte() {
            b'-' => !matches!(c.ahead(1), b' ' | b'\t'),
            b'?' | b':' => self.flow_level == 0 && !c.is_blank_or_end(1),
            b' ' | b'\t' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
            | b'"' | b'%' | b'@' | b'`' => false,
            _ => !c.is_break_or_end(),
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            // Tabs may stand anywhere but where they could be taken for indentation.
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.byte() == b' ' || tabs && self.cursor.byte() == b'\t' {
                self.cursor.skip();
            }
            self.cursor.skip_comment();
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn fetch_end(&mut self) -> Outcome<()> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.leave_blocks()?;
        self.push(Kind::StreamEnd, self.cursor.mark);
        self.ended = true;
        Ok(())
    }

    fn leave_blocks(&mut self) -> Outcome<()> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn save_key(&mut self) -> Outcome<()> {
        if self.key_allowed {
            let mark = self.cursor.mark;
            let required = self.flow_level == 0 && self.indent == column(mark);
            self.remove_key()?;
            let number = self.taken + self.tokens.len();
            self.by_token.insert(number, self.keys.len().saturating_sub(1));
            if let Some(key) = self.keys.last_mut() {
                *key = SimpleKey { possible: true, required, number, mark };
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Outcome<()> {
        let here = self.cursor.mark;
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => {
                Err(scan_problem(here, key.mark, "could not find expected ':'"))
            }
            Some(key) if key.possible => {
                key.possible = false;
                self.by_token.remove(&key.number);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Puts a token at its place in the stream; at the end, when that was passed or is not given.
    fn insert(&mut self, number: Option<usize>, token: Token) {
        let end = self.tokens.len();
        let at = number.and_then(|number| number.checked_sub(self.taken)).map_or(end, |at| at.min(end));
        self.tokens.insert(at, token);
    }

    /// Opens a block at a column; the token goes to the place `number` of the stream, or to the end.
    fn roll(&mut self, to: isize, number: Option<usize>, (kind, mark): (Kind, Mark)) {
        if self.flow_level > 0 || self.indent >= to {
            return;
        }
        self.indents.push(self.indent);
        self.indent = to;
        self.insert(number, Token { kind, mark });
    }

    /// Closes the blocks that are deeper than a column.
    fn unroll(&mut self, to: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > to {
            self.push(Kind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn flow_start(&mut self, kind: Kind) -> Outcome<()> {
        self.save_key()?;
        self.keys.push(SimpleKey { number: self.taken + self.tokens.len(), ..SimpleKey::default() });
        self.flow_level += 1;
        self.key_allowed = true;
        self.push_mark(kind, 1);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Outcome<()> {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // As in go-yaml, this forgets an empty collection itself as a key.
            if let Some(key) = self.keys.pop() {
                self.by_token.remove(&key.number);
            }
        }
        self.key_allowed = false;
        self.push_mark(kind, 1);
        Ok(())
    }

    /// Fails where no block may begin.
    fn begin_block(&mut self, kind: Kind, what: &str) -> Outcome<()> {
        let here = self.cursor.mark;
        if self.flow_level > 0 {
            return Ok(());
        }
        if !self.key_allowed {
            return Err(scan_problem(here, here, &format!("{what} are not allowed in this context")));
        }
        self.roll(column(here), None, (kind, here));
        Ok(())
    }

    fn block_entry(&mut self) -> Outcome<()> {
        self.begin_block(Kind::BlockSequenceStart, "block sequence entries")?;
        self.remove_key()?;
        self.key_allowed = true;
        self.push_mark(Kind::BlockEntry, 1);
        Ok(())
    }

    fn complex_key(&mut self) -> Outcome<()> {
        self.begin_block(Kind::BlockMappingStart, "mapping keys")?;
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push_mark(Kind::Key, 1);
        Ok(())
    }

    fn value(&mut self) -> Outcome<()> {
        let last = self.keys.len().saturating_sub(1);
        if self.is_valid(last)? {
            let key = self.keys.last().copied().unwrap_or_default();
            self.insert(Some(key.number), Token { kind: Kind::Key, mark: key.mark });
            self.roll(column(key.mark), Some(key.number), (Kind::BlockMappingStart, key.mark));
            if let Some(key) = self.keys.last_mut() {
                key.possible = false;
            }
            self.by_token.remove(&key.number);
            self.key_allowed = false;
        } else {
            self.begin_block(Kind::BlockMappingStart, "mapping values")?;
            self.key_allowed = self.flow_level == 0;
        }
        self.push_mark(Kind::Value, 1);
        Ok(())
    }
}
