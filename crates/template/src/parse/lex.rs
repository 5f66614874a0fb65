//! Cuts a template into tokens as Go does: text, delimiters with trim markers, and what stands between them.

use super::token::{Kind, Token};
use crate::format::quote::{quote_text, unicode_name};
use crate::unicode::Category;

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(c: char) -> bool {
    SPACES.contains(&c)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && (Category::Letter.has(c) || Category::Digit.has(c)))
}

fn keyword(word: &str) -> Option<Kind> {
    Some(match word {
        "block" => Kind::Block,
        "break" => Kind::Break,
        "continue" => Kind::Continue,
        "define" => Kind::Define,
        "else" => Kind::Else,
        "end" => Kind::End,
        "if" => Kind::If,
        "nil" => Kind::Nil,
        "range" => Kind::Range,
        "template" => Kind::Template,
        "with" => Kind::With,
        _ => return None,
    })
}

/// A template of more tokens is refused: its tree would take too much memory.
const MAX_TOKENS: usize = 50_000;

struct Lexer<'t> {
    input: &'t str,
    left: &'t str,
    right: &'t str,
    pos: usize,
    start: usize,
    line: usize,
    parens: usize,
    tokens: Vec<Token<'t>>,
}

/// The tokens of a template; the last one is `Eof` or `Error`.
pub fn lex<'t>(input: &'t str, left: &'t str, right: &'t str) -> Vec<Token<'t>> {
    let mut lexer = Lexer { input, left, right, pos: 0, start: 0, line: 1, parens: 0, tokens: Vec::new() };
    if let Err(message) = lexer.run() {
        let (pos, line) = (lexer.start, lexer.line);
        lexer.tokens.push(Token { kind: Kind::Error, pos, line, text: "", message });
    }
    lexer.tokens
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.input.get(self.pos..).unwrap_or("")
    }

    fn word(&self) -> &'t str {
        self.input.get(self.start..self.pos).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let found = self.peek().is_some_and(|c| valid.contains(c));
        if found {
            self.bump();
        }
        found
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn skip(&mut self) {
        self.line += self.word().matches('\n').count();
        self.start = self.pos;
    }

    fn emit(&mut self, kind: Kind) {
        let text = self.word();
        self.tokens.push(Token { kind, pos: self.start, line: self.line, text, message: String::new() });
        self.skip();
    }

    fn left_trim(text: &str) -> bool {
        text.strip_prefix('-').is_some_and(|rest| rest.starts_with(SPACES))
    }

    fn right_trim(text: &str) -> bool {
        text.starts_with(SPACES) && text.as_bytes().get(1) == Some(&b'-')
    }

    /// Whether the right delimiter stands here, and whether it trims.
    fn at_right(&self) -> Option<bool> {
        let rest = self.rest();
        if Self::right_trim(rest) && rest.get(2..).is_some_and(|r| r.starts_with(self.right)) {
            return Some(true);
        }
        rest.starts_with(self.right).then_some(false)
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(at) = self.rest().find(self.left) {
            if at > 0 {
                let after = self.rest().get(at + self.left.len()..).unwrap_or("");
                let text = self.rest().get(..at).unwrap_or("");
                let kept = if Self::left_trim(after) { text.trim_end_matches(SPACES).len() } else { at };
                self.pos += kept;
                if kept > 0 {
                    self.emit(Kind::Text);
                }
                self.pos += at - kept;
                self.skip();
            }
            self.action()?;
        }
        self.pos = self.input.len();
        if self.pos > self.start {
            self.emit(Kind::Text);
        }
        self.emit(Kind::Eof);
        Ok(())
    }

    fn action(&mut self) -> Result<(), String> {
        self.pos += self.left.len();
        let marker = if Self::left_trim(self.rest()) { 2 } else { 0 };
        if self.rest().get(marker..).is_some_and(|r| r.starts_with("/*")) {
            self.pos += marker;
            self.skip();
            return self.comment();
        }
        self.emit(Kind::LeftDelim);
        self.pos += marker;
        self.skip();
        self.parens = 0;
        loop {
            if let Some(trims) = self.at_right() {
                if self.parens > 0 {
                    return Err("unclosed left paren".into());
                }
                self.right_delim(trims);
                return Ok(());
            }
            self.inside()?;
        }
    }

    fn comment(&mut self) -> Result<(), String> {
        self.pos += 2;
        let Some(at) = self.rest().find("*/") else { return Err("unclosed comment".into()) };
        self.pos += at + 2;
        let Some(trims) = self.at_right() else { return Err("comment ends before closing delimiter".into()) };
        self.pos += if trims { 2 } else { 0 } + self.right.len();
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        }
        self.skip();
        Ok(())
    }

    fn right_delim(&mut self, trims: bool) {
        if trims {
            self.pos += 2;
            self.skip();
        }
        self.pos += self.right.len();
        self.emit(Kind::RightDelim);
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(SPACES).len();
            self.skip();
        }
    }

    fn inside(&mut self) -> Result<(), String> {
        if self.tokens.len() > MAX_TOKENS {
            return Err(format!("the template has more than {MAX_TOKENS} words and signs"));
        }
        let Some(c) = self.bump() else { return Err("unclosed action".into()) };
        match c {
            c if is_space(c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' if self.accept("=") => self.emit(Kind::Declare),
            ':' => return Err("expected :=".into()),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string")?,
            '`' => self.raw()?,
            '$' => self.name(Kind::Variable)?,
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant")?,
            '.' if self.pos < self.input.len() && !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                self.name(Kind::Field)?;
            }
            '.' | '+' | '-' | '0'..='9' => self.number(c)?,
            '(' => {
                self.emit(Kind::LeftParen);
                self.parens += 1;
            }
            ')' if self.parens == 0 => return Err("unexpected right paren".into()),
            ')' => {
                self.emit(Kind::RightParen);
                self.parens -= 1;
            }
            c if is_word(c) => self.identifier()?,
            c if c.is_ascii_graphic() => self.emit(Kind::Char),
            c => return Err(format!("unrecognized character in action: {}", unicode_name(c))),
        }
        Ok(())
    }

    /// Spaces; the last one belongs to a trim marker that follows.
    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.bump();
        }
        let back = self.pos - 1;
        let tail = self.input.get(back..).unwrap_or("");
        if Self::right_trim(tail) && tail.get(2..).is_some_and(|r| r.starts_with(self.right)) {
            self.pos = back;
            if self.pos == self.start {
                return;
            }
        }
        self.emit(Kind::Space);
    }

    fn quoted(&mut self, end: char, kind: Kind, unterminated: &str) -> Result<(), String> {
        loop {
            match self.bump() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.bump();
                }
                None | Some('\n' | '\\') => return Err(unterminated.into()),
                Some(c) if c == end => break,
                Some(_) => {}
            }
        }
        self.emit(kind);
        Ok(())
    }

    fn raw(&mut self) -> Result<(), String> {
        let Some(at) = self.rest().find('`') else { return Err("unterminated raw quoted string".into()) };
        self.pos += at + 1;
        self.emit(Kind::RawString);
        Ok(())
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(self.right),
        }
    }

    fn finish_word(&mut self) -> Result<(), String> {
        while self.peek().is_some_and(is_word) {
            self.bump();
        }
        if self.at_terminator() {
            return Ok(());
        }
        Err(format!("bad character {}", self.peek().map_or_else(String::new, unicode_name)))
    }

    fn name(&mut self, kind: Kind) -> Result<(), String> {
        if self.at_terminator() {
            self.emit(if kind == Kind::Field { Kind::Dot } else { kind });
            return Ok(());
        }
        self.finish_word()?;
        self.emit(kind);
        Ok(())
    }

    fn identifier(&mut self) -> Result<(), String> {
        self.finish_word()?;
        let kind = match self.word() {
            "true" | "false" => Kind::Bool,
            word => keyword(word).unwrap_or(Kind::Identifier),
        };
        self.emit(kind);
        Ok(())
    }

    fn number(&mut self, first: char) -> Result<(), String> {
        self.pos -= first.len_utf8();
        let bad = |lexer: &Self| Err(format!("bad number syntax: {}", quote_text(lexer.word())));
        if !self.scan_number() {
            return bad(self);
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || !self.word().ends_with('i') {
                return bad(self);
            }
            self.emit(Kind::Complex);
            return Ok(());
        }
        self.emit(Kind::Number);
        Ok(())
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_word) {
            self.bump();
            return false;
        }
        true
    }
}
