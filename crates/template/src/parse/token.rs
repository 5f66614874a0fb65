//! The tokens of the template language.

use crate::format::quote::quote_text;

/// Which token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords, all after this line.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// A token with its place: byte offset and line, both of its first byte.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    pub kind: Kind,
    pub pos: usize,
    pub line: usize,
    pub text: &'t str,
    /// The message of an error token.
    pub message: String,
}

impl Token<'_> {
    /// How error texts show it.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".into(),
            Kind::Error => self.message.clone(),
            kind if kind as u8 >= Kind::Block as u8 => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let short: String = self.text.chars().take(10).collect();
                format!("{}...", quote_text(&short))
            }
            _ => quote_text(self.text),
        }
    }
}
