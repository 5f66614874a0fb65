//! Values as Go sees them: kinds are kept (`int` is not `int64`), strings are bytes, maps alias and mutate.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Failure, Outcome};
use crate::object::{Named, Object};

/// The bytes of a Go string.
pub type Bytes = Arc<[u8]>;

/// How deep values may nest; Go has no such limit and ends the process instead.
pub const MAX_NESTING: u32 = 500;

/// About the bytes of a list or a map without items.
const HEAD: usize = 80;
/// About the bytes of a node of a map's tree, and how many keys it holds on average.
const NODE: usize = 480;
const NODE_KEYS: usize = 7;

/// What a list or a map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elem {
    /// `interface {}`
    Any,
    /// `string`
    Str,
    /// `int`
    Int,
    /// `uint8`
    Byte,
    /// `[]interface {}`
    AnyList,
    /// `map[string]string`
    StrMap,
}

impl Elem {
    /// Go's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Str => "string",
            Self::Int => "int",
            Self::Byte => "uint8",
            Self::AnyList => "[]interface {}",
            Self::StrMap => "map[string]string",
        }
    }

    /// Go's zero value of the type.
    pub fn zero(self) -> Value {
        match self {
            Self::Any => Value::NilAny,
            Self::Str => Value::text(""),
            Self::Int => Value::Int(0),
            Self::Byte => Value::Byte(0),
            Self::AnyList => Value::List(List::nil(Self::Any)),
            Self::StrMap => Value::Map(Map::nil(Self::Str)),
        }
    }
}

/// A value. Clones share lists, maps and text.
#[derive(Clone)]
pub enum Value {
    /// No value at all (Go's invalid `reflect.Value`).
    Nil,
    /// A nil that was read from a place of type `interface {}`.
    NilAny,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int64`
    Int64(i64),
    /// `uint8`
    Byte(u8),
    /// `float64`
    Float(f64),
    /// `complex128`
    Complex(f64, f64),
    /// `string`
    Str(Bytes),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A Go object with fields and methods: a time, a version, a certificate.
    Object(Rc<dyn Object>),
}

/// A Go slice. Clones are the same slice; nothing changes it but a sort.
#[derive(Clone)]
pub struct List(Rc<ListData>);

struct ListData {
    elem: Elem,
    items: Vec<Value>,
    /// Once it was sorted in place: sorting it again changes nothing.
    sorted: OnceCell<Vec<Value>>,
    depth: u32,
    nil: bool,
}

/// A Go map with string keys. Clones are the same map.
#[derive(Clone)]
pub struct Map(Rc<MapData>);

struct MapData {
    elem: Elem,
    entries: RefCell<BTreeMap<Bytes, Value>>,
    depth: u32,
    nil: bool,
}

fn deepest<'v>(items: impl Iterator<Item = &'v Value>) -> Outcome<u32> {
    let depth = 1 + items.map(Value::depth).max().unwrap_or(0);
    if depth > MAX_NESTING {
        return Err(Failure::budget(format_args!("builds a value that nests deeper than {MAX_NESTING}")));
    }
    Ok(depth)
}

impl List {
    /// A list of `elem`; fails when it nests too deep.
    pub fn new(elem: Elem, items: Vec<Value>) -> Outcome<Self> {
        let depth = deepest(items.iter())?;
        Ok(Self(Rc::new(ListData { elem, items, sorted: OnceCell::new(), depth, nil: false })))
    }

    /// Go's nil slice.
    pub fn nil(elem: Elem) -> Self {
        Self(Rc::new(ListData { elem, items: Vec::new(), sorted: OnceCell::new(), depth: 1, nil: true }))
    }

    /// What it holds.
    pub fn elem(&self) -> Elem {
        self.0.elem
    }

    /// Its items.
    pub fn items(&self) -> &[Value] {
        self.0.sorted.get().unwrap_or(&self.0.items)
    }

    /// Sorts a `[]string` by bytes. Whoever goes through it already still sees the old order.
    pub fn sort(&self) {
        let text = |value: &Value| if let Value::Str(text) = value { Some(text.clone()) } else { None };
        self.0.sorted.get_or_init(|| {
            let mut items = self.0.items.clone();
            items.sort_by_cached_key(text);
            items
        });
    }

    /// True for a slice that was never made.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The bytes of a `[]byte`; `None` for any other list.
    pub fn as_bytes(&self) -> Option<Vec<u8>> {
        (self.0.elem == Elem::Byte)
            .then(|| self.items().iter().map(|v| if let Value::Byte(b) = v { *b } else { 0 }).collect())
    }
}

impl Map {
    /// A map of `elem`; fails when it nests too deep.
    pub fn new(elem: Elem, entries: BTreeMap<Bytes, Value>) -> Outcome<Self> {
        let depth = deepest(entries.values())?;
        Ok(Self(Rc::new(MapData { elem, entries: RefCell::new(entries), depth, nil: false })))
    }

    /// Go's nil map.
    pub fn nil(elem: Elem) -> Self {
        Self(Rc::new(MapData { elem, entries: RefCell::default(), depth: 1, nil: true }))
    }

    /// What it holds.
    pub fn elem(&self) -> Elem {
        self.0.elem
    }

    /// True for a map that was never made.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// True without keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    /// All keys and values as they are now, by key.
    pub fn entries(&self) -> Vec<(Bytes, Value)> {
        self.0.entries.borrow().iter().map(|(k, v)| (Arc::clone(k), v.clone())).collect()
    }

    /// Puts a value in place. Callers go through `Ctx::set`, which keeps cycles from leaking.
    pub(crate) fn put(&self, key: Bytes, value: Value) {
        self.0.entries.borrow_mut().insert(key, value);
    }

    /// Takes a key out.
    pub fn remove(&self, key: &[u8]) {
        self.0.entries.borrow_mut().remove(key);
    }

    /// Takes all content out.
    pub(crate) fn drain(&self) -> BTreeMap<Bytes, Value> {
        std::mem::take(&mut *self.0.entries.borrow_mut())
    }

    /// True when both are one and the same map.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Value {
    /// A string.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Str(Arc::from(text.as_ref()))
    }

    /// A list of anything.
    pub fn list(items: Vec<Value>) -> Outcome<Self> {
        List::new(Elem::Any, items).map(Self::List)
    }

    /// A list of strings.
    pub fn texts<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Outcome<Self> {
        List::new(Elem::Str, items.into_iter().map(Self::text).collect()).map(Self::List)
    }

    /// A `map[string]interface {}`.
    pub fn dict(entries: BTreeMap<Bytes, Value>) -> Outcome<Self> {
        Map::new(Elem::Any, entries).map(Self::Map)
    }

    /// What a template reads as its dot: a `map[string]string`.
    pub fn string_map<K: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let entries = pairs.into_iter().map(|(k, v)| (Arc::from(k.as_ref()), Self::text(v))).collect();
        Self::Map(Map(Rc::new(MapData { elem: Elem::Str, entries: RefCell::new(entries), depth: 1, nil: false })))
    }

    /// A `map[string]map[string]string`, the shape that the webhook templates read. The values must be string maps.
    pub fn nested_string_map<K: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries = pairs.into_iter().map(|(k, v)| (Arc::from(k.as_ref()), v)).collect();
        Self::Map(Map(Rc::new(MapData { elem: Elem::StrMap, entries: RefCell::new(entries), depth: 2, nil: false })))
    }

    /// A value of a type that Go makes of an integer.
    pub(crate) fn named(named: Named) -> Self {
        Self::Object(Rc::new(named))
    }

    fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.0.depth,
            Self::Map(map) => map.0.depth,
            _ => 0,
        }
    }

    /// Bytes that the value itself needs, its items counted shallowly.
    pub fn size(&self) -> usize {
        match self {
            Self::Str(text) => text.len(),
            Self::List(list) => size_of_val(list.items()) + HEAD,
            Self::Map(map) => map.len().div_ceil(NODE_KEYS) * NODE + HEAD,
            _ => 0,
        }
    }

    /// True for both nils.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::NilAny)
    }

    /// A nil is a nil, wherever it was read.
    #[must_use]
    pub fn settled(self) -> Self {
        if matches!(self, Self::NilAny) { Self::Nil } else { self }
    }

    /// A nil as the content of an `interface {}`.
    #[must_use]
    pub fn boxed(self) -> Self {
        if matches!(self, Self::Nil) { Self::NilAny } else { self }
    }

    /// Go's name of the type; `<nil>` without a value.
    pub fn type_name(&self) -> String {
        match self {
            Self::Nil => "<nil>".into(),
            Self::NilAny => "interface {}".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(_) => "int".into(),
            Self::Int64(_) => "int64".into(),
            Self::Byte(_) => "uint8".into(),
            Self::Float(_) => "float64".into(),
            Self::Complex(..) => "complex128".into(),
            Self::Str(_) => "string".into(),
            Self::List(list) => format!("[]{}", list.elem().name()),
            Self::Map(map) => format!("map[string]{}", map.elem().name()),
            Self::Object(object) => object.type_name().into(),
        }
    }

    /// Go's name of the kind.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil | Self::NilAny => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Byte(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Str(_) => "string",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Object(object) => object.kind_name(),
        }
    }

    /// What `if`, `and`, `or` and `not` ask.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil | Self::NilAny => false,
            Self::Bool(b) => *b,
            Self::Int(n) | Self::Int64(n) => *n != 0,
            Self::Byte(n) => *n != 0,
            Self::Float(f) => *f != 0.0,
            Self::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => !list.items().is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => object.truth(),
        }
    }
}

/// A redacted look: types only, since values are secrets.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.type_name())
    }
}
