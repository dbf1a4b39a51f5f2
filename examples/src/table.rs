//! Tables of text whose columns line up.

use crate::failure::one_line;

/// Where a column's text stands in it.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a heading. Every cell becomes one line without control characters.
pub(crate) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new<const N: usize>(columns: [(&str, Align); N]) -> Self {
        let heading = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { align: columns.iter().map(|(_, align)| *align).collect(), rows: vec![heading] }
    }

    /// Facts: a name and a value each, without a heading.
    pub(crate) fn facts() -> Self {
        Self { align: vec![Align::Left, Align::Left], rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(one_line).to_vec());
    }

    /// Adds a fact.
    pub(crate) fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.row([name.to_owned(), value.into()]);
    }

    /// The lines, each indented by two spaces; the last column is not padded.
    pub(crate) fn render(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| chars(row, column)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.align.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[column] - chars(row, column));
                line.push(' ');
                match self.align[column] {
                    Align::Left => line.extend([cell.as_str(), &padding]),
                    Align::Right => line.extend([&padding, cell.as_str()]),
                }
                line.push(' ');
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn chars(row: &[String], column: usize) -> usize {
    row.get(column).map_or(0, |cell| cell.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_words_left() {
        let mut table = Table::new([("#", Align::Right), ("name", Align::Left), ("text", Align::Left)]);
        table.row(["9".into(), "a".into(), "x".into()]);
        table.row(["10".into(), "a longer name".into(), "y\u{1b}[2J".into()]);
        assert_eq!(table.render(), "   #  name           text\n   9  a              x\n  10  a longer name  y [2J\n");
    }
}
