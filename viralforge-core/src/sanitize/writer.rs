//! The output: bytes in order, and a few numbers that are known later.

use std::io::{BufWriter, Seek, SeekFrom, Write};

use crate::error::{Error, Result};
use crate::output::{Output, Sink};

/// The bytes of the output so far. Dropped without [`commit`](Self::commit), it leaves nothing.
pub(super) struct Writer {
    name: String,
    sink: BufWriter<Sink>,
    position: u64,
}

impl Writer {
    pub(super) fn create(output: &Output) -> Result<Self> {
        Ok(Self { name: output.name(), sink: BufWriter::with_capacity(64 << 10, output.create()?), position: 0 })
    }

    /// Bytes that were written.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sink.write_all(bytes).map_err(|error| Error::io(&self.name, error))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Writes over what was written at `at`; the end stays where it is.
    pub(super) fn rewrite(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let all = |sink: &mut BufWriter<Sink>| {
            sink.seek(SeekFrom::Start(at))?;
            sink.write_all(bytes)?;
            sink.seek(SeekFrom::Start(self.position))
        };
        all(&mut self.sink).map(|_| ()).map_err(|error| Error::io(&self.name, error))
    }

    /// Publishes the output; tells its size in bytes.
    pub(super) fn commit(self) -> Result<u64> {
        let name = self.name;
        self.sink.into_inner().map_err(|error| Error::io(name, error.into_error()))?.commit()
    }
}
