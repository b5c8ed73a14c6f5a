//! Pieces of Lua that can be shrunk: text with expressions in it, each of which can be put in the place of what is around it.

/// A piece of Lua.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Inner(Piece),
}

impl Piece {
    pub fn text(text: impl Into<String>) -> Piece {
        Piece { parts: vec![Part::Text(text.into())] }
    }

    /// Text with pieces in the places of `@`.
    pub fn fill(frame: &str, pieces: impl IntoIterator<Item = Piece>) -> Piece {
        let mut pieces = pieces.into_iter();
        let mut parts = Vec::new();
        for (index, text) in frame.split('@').enumerate() {
            if index > 0 {
                parts.push(Part::Inner(pieces.next().expect("a piece for each place")));
            }
            parts.push(Part::Text(text.to_owned()));
        }
        assert!(pieces.next().is_none(), "a place for each piece: {frame}");
        Piece { parts }
    }

    /// Pieces with `between` between them.
    pub fn list(before: &str, pieces: Vec<Piece>, between: &str, after: &str) -> Piece {
        let mut parts = vec![Part::Text(before.to_owned())];
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                parts.push(Part::Text(between.to_owned()));
            }
            parts.push(Part::Inner(piece));
        }
        parts.push(Part::Text(after.to_owned()));
        Piece { parts }
    }

    pub fn print(&self, into: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => into.push_str(text),
                Part::Inner(piece) => piece.print(into),
            }
        }
    }

    /// Smaller pieces to try in its place: with one expression inside replaced by something simple, or by what is inside of it.
    pub fn smaller(&self) -> Vec<Piece> {
        let mut found = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let Part::Inner(inner) = part else { continue };
            let mut put = |piece: Piece| {
                let mut parts = self.parts.clone();
                parts[index] = Part::Inner(piece);
                found.push(Piece { parts });
            };
            let mut text = String::new();
            inner.print(&mut text);
            ["nil", "1", "''", "{}"]
                .iter()
                .filter(|simple| simple.len() < text.len())
                .for_each(|s| put(Piece::text(*s)));
            for deeper in &inner.parts {
                if let Part::Inner(deeper) = deeper {
                    put(deeper.clone());
                }
            }
            inner.smaller().into_iter().for_each(put);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_can_stand_for_what_is_around() {
        let inner = Piece::fill("g(@)", [Piece::text("x")]);
        let piece = Piece::fill("return f(@)", [inner]);
        let texts: Vec<String> = piece
            .smaller()
            .iter()
            .map(|piece| {
                let mut text = String::new();
                piece.print(&mut text);
                text
            })
            .collect();
        assert!(texts.contains(&"return f(x)".to_owned()));
        assert!(texts.contains(&"return f(nil)".to_owned()));
    }
}
