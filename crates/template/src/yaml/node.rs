//! A YAML document as it is written, before scalars mean anything.

use std::rc::Rc;

/// A node.
pub(super) enum Node {
    Scalar(Scalar),
    Sequence(Vec<Rc<Node>>),
    /// Keys and values in their order.
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
    /// `*name`: the node with that anchor, which is no alias itself.
    Alias(Rc<Node>),
}

/// A scalar.
pub(super) struct Scalar {
    pub text: Vec<u8>,
    /// The full tag, where one is written.
    pub tag: Vec<u8>,
    /// Whether the text decides what it is: it is plain.
    pub plain: bool,
}

/// What all tags of YAML itself begin with.
pub(super) const PREFIX: &[u8] = b"tag:yaml.org,2002:";
