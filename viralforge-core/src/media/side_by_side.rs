//! The pictures of a file, decoded in stretches side by side and handed out in order.
//!
//! One decoder with one thread for each stretch costs less than one decoder with several threads, and scales as well.
//! A stretch begins at a keyframe of the container's index and ends where the next one begins, so the pictures are the
//! same for any number of decoders. Where that cannot be relied on, one decoder goes through the whole file.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::{slice, thread};

use super::allowance::{Allowance, picture_bytes};
use super::demux::Demuxer;
use super::picture::Picture;
use super::request::{Damage, PictureRequest, Unneeded};
use super::stretch::{Sink, Stretch, StretchDecoder, stretches};
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::media_info::{MediaInfo, StreamInfo};
use crate::monitor::Monitor;
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};

/// What decoders may hold together in pictures, in bytes, and pictures that one is taken to hold: references and
/// reordering of common streams.
const PICTURES_BYTES: u64 = 200 << 20;
const PICTURES_HELD: u64 = 8;
/// Decoders side by side at most.
const MAX_DECODERS: u64 = 16;
/// Packets of sound from which on readers do without them: some twenty minutes, and some 2 MB a reader.
const MANY_PACKETS: usize = 50_000;

/// What is made of each picture.
pub(crate) trait Look: Sync {
    /// What is left of a picture.
    type Value: Clone + Send;

    /// Looks at a picture; in several threads at once.
    fn look(&self, picture: Picture) -> Result<Self::Value>;

    /// What a picture would give that was not decoded, `share` (0 to 1) of the way from one picture to the next.
    fn between(&self, from: &Self::Value, to: &Self::Value, share: f64) -> Self::Value;
}

/// A picture that came out, as the caller made it.
pub(crate) struct Seen<T> {
    /// When it is shown, counted from the first picture of the file.
    pub(crate) time: Timestamp,
    pub(crate) duration: Timestamp,
    /// Share of the file's bytes that were read for it, 0 to 1.
    pub(crate) bytes_fraction: f64,
    pub(crate) value: T,
}

enum Message<T> {
    Picture(Seen<T>, u64),
    Failed(Error),
    /// The stretch does not begin with a picture that can be decoded by itself.
    Unclean,
}

/// Reads the pictures of one source.
pub(crate) struct PictureReader {
    source: Source,
    request: PictureRequest,
    monitor: Monitor,
    info: MediaInfo,
    demuxer: Demuxer,
}

/// What all decoders share.
struct Job<'a, L> {
    source: &'a Source,
    request: &'a PictureRequest,
    monitor: &'a Monitor,
    stream: &'a StreamInfo,
    look: &'a L,
    /// Whether each reader would hold a large index of what it does not read.
    unheard: bool,
}

impl<L> Job<'_, L> {
    fn demuxer(&self) -> Result<Demuxer> {
        let open = if self.unheard { Demuxer::open_unheard } else { Demuxer::open };
        open(self.source, self.monitor)
    }
}

impl PictureReader {
    /// # Errors
    /// `missing_track` where there is no video.
    pub(crate) fn open(source: &Source, request: &PictureRequest, monitor: &Monitor) -> Result<Self> {
        let demuxer = Demuxer::open(source, monitor)?;
        let info = demuxer.info().clone();
        if info.video().is_none() {
            return Err(Error::missing_track(source.name(), TrackKind::Video));
        }
        Ok(Self { source: source.clone(), request: request.clone(), monitor: monitor.clone(), info, demuxer })
    }

    /// The facts of the file.
    pub(crate) fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// Decodes everything that was asked for. `take` gets what `look` makes of it in order of time. `begins` is told
    /// time zero in the file's own clock once it is known.
    pub(crate) fn run<L: Look>(
        self,
        look: &L,
        begins: &mut dyn FnMut(Timestamp),
        take: &mut dyn FnMut(Seen<L::Value>) -> Result<()>,
    ) -> Result<Damage> {
        let Self { source, request, monitor, info, mut demuxer } = self;
        let stream = info.video().ok_or_else(|| Error::missing_track(source.name(), TrackKind::Video))?;
        let unheard = demuxer.indexed_beside(stream.index as usize) > MANY_PACKETS;
        let job = Job { source: &source, request: &request, monitor: &monitor, stream, look, unheard };
        let mut line = Line::new(&source, begins, take);
        if let Some(range) = request.range {
            line.zero = first_picture(&job)?;
            let Some(zero) = line.zero else { return Ok(Damage::default()) };
            (line.begins)(zero);
            line.whole = TimeRange::new(zero + range.start(), zero + range.end());
        }
        let decoders = decoders(stream, &request);
        let parts = match decoders > 1 || line.whole.is_some() {
            true => stretches(&mut demuxer, stream.index as usize, line.whole)?,
            false => vec![Stretch::default()],
        };
        let mut damage = Damage::default();
        let together = parts.len() > 1 && decoders > 1;
        let ready = (together && !unheard).then_some(demuxer);
        let unclean = match together {
            true => side_by_side(&job, &parts, decoders, ready, &mut line, &mut damage)?,
            false => {
                let whole = Stretch { from: parts[0].from, to: None };
                side_by_side(&job, slice::from_ref(&whole), 1, None, &mut line, &mut damage)?
            }
        };
        if let Some(at) = unclean {
            let rest = Stretch { from: parts[at.saturating_sub(1)].from, to: None };
            // Should this one not begin cleanly either, only the start of the file will do.
            if side_by_side(&job, slice::from_ref(&rest), 1, None, &mut line, &mut damage)?.is_some() {
                side_by_side(&job, &[Stretch::default()], 1, None, &mut line, &mut damage)?;
            }
        }
        source.check()?;
        Ok(damage)
    }
}

/// When the first picture of the file is shown, in its own clock.
fn first_picture<L>(job: &Job<'_, L>) -> Result<Option<Timestamp>> {
    let mut decoder = StretchDecoder::new(job.demuxer()?, job.stream, job.request, 1)?;
    let mut first = First(None);
    decoder.decode(Stretch::default(), &mut first)?;
    Ok(first.0)
}

/// Wants to know when the first picture is shown, and no more.
struct First(Option<Timestamp>);

impl Sink for First {
    fn picture(&mut self, picture: Picture, _: f64) -> Result<bool> {
        self.0.get_or_insert(picture.time());
        Ok(false)
    }

    fn skipped(&mut self, _: Vec<Timestamp>) {}
}

/// How many decoders run side by side: one a core, as far as their pictures fit into memory.
fn decoders(stream: &StreamInfo, request: &PictureRequest) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let picture = stream.video.as_ref().map_or(0, |v| u64::from(v.width) * u64::from(v.height) * 3 / 2);
    let fitting = PICTURES_BYTES / (picture * PICTURES_HELD).max(1);
    request.decoders.map_or(cores.min(fitting), u64::from).clamp(1, MAX_DECODERS) as usize
}

/// Decodes `parts`, each by the first decoder that is free, and takes their pictures in order. The number of the first
/// one that does not begin cleanly, where there is one: everything before it was taken.
fn side_by_side<L: Look>(
    job: &Job<'_, L>,
    parts: &[Stretch],
    decoders: usize,
    ready: Option<Demuxer>,
    line: &mut Line<'_, L::Value>,
    damage: &mut Damage,
) -> Result<Option<usize>> {
    let (order, ordered) = channel();
    let queue = Mutex::new(parts.iter());
    let ready = Mutex::new(ready);
    let total = Mutex::new(Damage::default());
    // Pictures can be watched only where one thread decodes them.
    let threads = if decoders == 1 && job.request.unneeded == Unneeded::Decoded { 0 } else { 1 };
    let result = thread::scope(|scope| {
        for _ in 0..decoders.min(parts.len()) {
            let order = order.clone();
            thread::Builder::new()
                .name("decode".to_owned())
                .spawn_scoped(scope, || work(job, &queue, order, &ready, threads, &total))
                .map_err(|error| Error::io(job.source.name(), error))?;
        }
        drop(order);
        let found = line.drain(ordered, parts.len());
        // Whoever still waits for a place in line goes home.
        *queue.lock().unwrap_or_else(PoisonError::into_inner) = [].iter();
        found
    });
    damage.add(&total.into_inner().unwrap_or_else(PoisonError::into_inner));
    result
}

/// One decoder's thread: takes stretches until there are none left or nobody wants their pictures any more.
fn work<L: Look>(
    job: &Job<'_, L>,
    queue: &Mutex<slice::Iter<'_, Stretch>>,
    order: Sender<Receiver<Message<L::Value>>>,
    ready: &Mutex<Option<Demuxer>>,
    threads: usize,
    total: &Mutex<Damage>,
) {
    let mut decoder = None;
    loop {
        let (part, send) = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(part) = queue.next() else { break };
            let (send, receive) = sync_channel(job.request.waiting());
            // Under the lock, so that they stand in line in the order of the file.
            if order.send(receive).is_err() {
                break;
            }
            (*part, send)
        };
        let result = match &mut decoder {
            Some(decoder) => decode(job, decoder, part, &send),
            none => open(job, ready, part, threads).and_then(|new| decode(job, none.insert(new), part, &send)),
        };
        match result {
            Ok(true) => {}
            Ok(false) => drop(send.send(Message::Unclean)),
            Err(error) => drop(send.send(Message::Failed(error))),
        }
    }
    if let Some(decoder) = decoder {
        total.lock().unwrap_or_else(PoisonError::into_inner).add(&decoder.damage);
    }
}

fn open<L>(job: &Job<'_, L>, ready: &Mutex<Option<Demuxer>>, part: Stretch, threads: usize) -> Result<StretchDecoder> {
    // The demuxer that the index came from may stand anywhere, so it is for those who search.
    let searched = part.from.and_then(|_| ready.lock().unwrap_or_else(PoisonError::into_inner).take());
    let demuxer = match searched {
        Some(demuxer) => demuxer,
        None => job.demuxer()?,
    };
    StretchDecoder::new(demuxer, job.stream, job.request, threads)
}

/// Whether the stretch began cleanly.
fn decode<L: Look>(
    job: &Job<'_, L>,
    decoder: &mut StretchDecoder,
    part: Stretch,
    send: &SyncSender<Message<L::Value>>,
) -> Result<bool> {
    decoder.decode(part, &mut Looker { look: job.look, send, last: None, skipped: Vec::new() })
}

/// Looks at pictures, fills in those that were not decoded, and sends what came of them.
struct Looker<'a, L: Look> {
    look: &'a L,
    send: &'a SyncSender<Message<L::Value>>,
    last: Option<(Timestamp, L::Value)>,
    skipped: Vec<Timestamp>,
}

impl<L: Look> Sink for Looker<'_, L> {
    fn picture(&mut self, picture: Picture, bytes_fraction: f64) -> Result<bool> {
        let (time, duration, bytes) = (picture.time(), picture.duration(), picture_bytes(&picture));
        let value = self.look.look(picture)?;
        let skipped = std::mem::take(&mut self.skipped);
        if let Some((from, before)) = self.last.take() {
            let whole = (time - from).as_seconds_f64();
            let ends = skipped.iter().skip(1).copied().chain([time]);
            for (at, end) in skipped.iter().copied().zip(ends) {
                let value = self.look.between(&before, &value, (at - from).as_seconds_f64() / whole);
                let seen = Seen { time: at, duration: end - at, bytes_fraction, value };
                if self.send.send(Message::Picture(seen, bytes)).is_err() {
                    return Ok(false);
                }
            }
        }
        self.last = Some((time, value.clone()));
        let seen = Seen { time, duration, bytes_fraction, value };
        Ok(self.send.send(Message::Picture(seen, bytes)).is_ok())
    }

    fn skipped(&mut self, times: Vec<Timestamp>) {
        self.skipped = times;
    }
}

/// The receiving end: puts what decoders give out in order, and under the limits.
struct Line<'a, T> {
    begins: &'a mut dyn FnMut(Timestamp),
    take: &'a mut dyn FnMut(Seen<T>) -> Result<()>,
    allowance: Allowance,
    zero: Option<Timestamp>,
    /// What is wanted, in the file's own clock.
    whole: Option<TimeRange>,
    last: Option<Timestamp>,
}

impl<'a, T> Line<'a, T> {
    fn new(
        source: &Source,
        begins: &'a mut dyn FnMut(Timestamp),
        take: &'a mut dyn FnMut(Seen<T>) -> Result<()>,
    ) -> Self {
        Self { begins, take, allowance: Allowance::new(source), zero: None, whole: None, last: None }
    }

    fn drain(&mut self, parts: Receiver<Receiver<Message<T>>>, count: usize) -> Result<Option<usize>> {
        for at in 0..count {
            let Ok(part) = parts.recv() else { break };
            for message in part {
                match message {
                    Message::Picture(seen, bytes) => {
                        if !self.pass(seen, bytes)? {
                            return Ok(None);
                        }
                    }
                    Message::Failed(error) => return Err(error),
                    Message::Unclean => return Ok(Some(at)),
                }
            }
        }
        Ok(None)
    }

    /// Whether more is wanted.
    fn pass(&mut self, mut seen: Seen<T>, bytes: u64) -> Result<bool> {
        // What is decoded again behind an unclean start was taken already.
        if self.last.is_some_and(|last| seen.time <= last) {
            return Ok(true);
        }
        self.last = Some(seen.time);
        if self.zero.is_none() {
            (self.begins)(seen.time);
        }
        let zero = *self.zero.get_or_insert(seen.time);
        if let Some(whole) = self.whole {
            if seen.time >= whole.end() {
                return Ok(false);
            }
            if seen.time < whole.start() {
                return Ok(true);
            }
        }
        seen.time = seen.time - zero;
        self.allowance.take_picture(seen.time, bytes)?;
        (self.take)(seen)?;
        Ok(true)
    }
}
