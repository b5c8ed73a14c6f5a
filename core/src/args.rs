//! The arguments of one call, borrowed from wherever they were received.
//!
//! A call's arguments are spans of one buffer: the query buffer of a connection, the queue of a transaction, a
//! line of the AOF. One representation, so that there is one executor.

/// Where an argument lies in its buffer: bytes `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// The arguments of one call, the command's name first. Copy: two fat pointers.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    buffer: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    /// Arguments that lie at `spans` of `buffer`.
    pub fn new(buffer: &'a [u8], spans: &'a [Span]) -> Args<'a> {
        Args { buffer, spans }
    }

    /// Number of arguments, the command's name included.
    pub fn len(self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `index`, if there are that many.
    pub fn get(self, index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|s| &self.buffer[s.start..s.end])
    }

    /// Argument `index`. Panics when out of range: arity was checked before.
    pub fn at(self, index: usize) -> &'a [u8] {
        let span = self.spans[index];
        &self.buffer[span.start..span.end]
    }

    /// Whether argument `index` is `word`, ignoring ASCII case.
    pub fn is(self, index: usize, word: &str) -> bool {
        self.get(index).is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The arguments from `index` on.
    pub fn from(self, index: usize) -> Args<'a> {
        Args { buffer: self.buffer, spans: &self.spans[index.min(self.spans.len())..] }
    }

    /// The first `len` arguments.
    pub fn first(self, len: usize) -> Args<'a> {
        Args { buffer: self.buffer, spans: &self.spans[..len.min(self.spans.len())] }
    }

    /// All arguments in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone {
        self.spans.iter().map(move |s| &self.buffer[s.start..s.end])
    }

    /// Bytes of all arguments together, without framing.
    pub fn bytes(self) -> usize {
        self.spans.iter().map(|s| s.end - s.start).sum()
    }
}

/// Arguments that own their bytes: a queued command, a rewritten command, a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedArgs {
    buffer: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgs {
    pub fn new() -> OwnedArgs {
        OwnedArgs::default()
    }

    /// Appends one argument.
    pub fn push(&mut self, arg: &[u8]) -> &mut OwnedArgs {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(arg);
        self.spans.push(Span { start, end: self.buffer.len() });
        self
    }

    /// The borrowed form.
    pub fn as_args(&self) -> Args<'_> {
        Args::new(&self.buffer, &self.spans)
    }

    /// Forgets all arguments, keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.spans.clear();
    }
}

impl<A: AsRef<[u8]>> FromIterator<A> for OwnedArgs {
    fn from_iter<I: IntoIterator<Item = A>>(iter: I) -> OwnedArgs {
        let mut args = OwnedArgs::new();
        for arg in iter {
            args.push(arg.as_ref());
        }
        args
    }
}
