//! `simulate`: cases from standard input, answers to standard output, a line each.
//!
//! Must never: wait for a second case before it answers the first.

use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Write};

use super::args::SimulateIam;
use super::run::Refusal;
use super::{Exit, output};
use crate::simulate::{Answer, Defaults, answer};

/// How many remarks on the input are shown.
const SHOWN: usize = 10;

/// `simulate iam`.
pub(super) fn iam(how: &SimulateIam) -> Result<Exit, Refusal> {
    let defaults = defaults(how)?;
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        output::complain("reading cases from the terminal, one JSON object a line");
    }
    let mut remarks = Remarks::default();
    let decide = |line: &[u8], number: u32| {
        let answer = answer(line, number, &defaults, how.explain);
        if !how.explain {
            remarks.add(&answer, number);
        }
        answer.to_json()
    };
    let stdout = io::stdout().lock();
    lines(BufReader::with_capacity(1 << 16, stdin), stdout, decide)?;
    remarks.rest();
    Ok(Exit::Done)
}

fn defaults(how: &SimulateIam) -> Result<Defaults, Refusal> {
    let mut defaults = Defaults::default();
    for given in &how.context {
        match given.split_once('=') {
            Some((key, value)) if !key.is_empty() => defaults.give(key, value),
            Some(_) | None => {
                return Err(Refusal(format!(
                    "`--context {given}` is not of the form KEY=VALUE; for a key that is absent \
                     there is `--absent KEY`"
                )));
            }
        }
    }
    for key in &how.absent {
        if defaults.gives(key) {
            return Err(Refusal(format!(
                "`{key}` is given by `--context` and absent by `--absent`; keep one"
            )));
        }
        defaults.take(key);
    }
    if how.closed {
        defaults.close();
    }
    Ok(defaults)
}

/// Answers line by line; blank lines are no cases. What is answered goes out before more input is
/// waited for. A closed pipe ends it: whoever reads has seen enough.
fn lines(
    input: BufReader<impl io::Read>,
    output: impl Write,
    answer: impl FnMut(&[u8], u32) -> String,
) -> Result<(), Refusal> {
    match copy(input, BufWriter::with_capacity(1 << 16, output), answer) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn copy(
    mut input: BufReader<impl io::Read>,
    mut output: impl Write,
    mut answer: impl FnMut(&[u8], u32) -> String,
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut number = 0_u32;
    loop {
        if input.buffer().is_empty() {
            output.flush()?;
        }
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return output.flush();
        }
        number = number.saturating_add(1);
        let case = line.trim_ascii();
        if !case.is_empty() {
            output.write_all(answer(case, number).as_bytes())?;
            output.write_all(b"\n")?;
        }
    }
}

/// Remarks on the input, for whoever did not ask for explanations.
#[derive(Default)]
struct Remarks(usize);

impl Remarks {
    fn add(&mut self, answer: &Answer, line: u32) {
        for remark in &answer.remarks {
            self.0 += 1;
            if self.0 <= SHOWN {
                let at = &remark.at;
                output::complain(&format!("warning: line {line}: {at}: {}", remark.message));
            }
        }
    }

    fn rest(&self) {
        if self.0 > SHOWN {
            let rest = self.0 - SHOWN;
            output::complain(&format!(
                "{rest} more remarks on the input: `--explain` puts each beside its case"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// Gives one piece at a time, and tells what had been written by then.
    struct Pieces<'a> {
        left: Vec<&'static [u8]>,
        written: Rc<RefCell<Vec<u8>>>,
        seen: &'a RefCell<Vec<String>>,
    }

    impl io::Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let written = String::from_utf8(self.written.borrow().clone()).unwrap();
            self.seen.borrow_mut().push(written);
            if self.left.is_empty() {
                return Ok(0);
            }
            let piece = self.left.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_answered_goes_out_before_more_is_waited_for() {
        let written = Rc::new(RefCell::new(Vec::new()));
        let seen = RefCell::new(Vec::new());
        let pieces = Pieces {
            left: vec![b"a\n", b" \n\nb\nc", b"\nd"],
            written: written.clone(),
            seen: &seen,
        };
        let answer = |line: &[u8], number| format!("{number}{}", String::from_utf8_lossy(line));
        let input = BufReader::new(pieces);
        assert!(lines(input, Shared(written.clone()), answer).is_ok());
        let after = |n: usize| seen.borrow()[n].clone();
        assert_eq!(after(0), "");
        assert_eq!(after(1), "1a\n");
        // The line that has begun is not answered yet, the one before may still be on its way.
        assert!(after(2).starts_with("1a\n"));
        assert_eq!(*written.borrow(), b"1a\n4b\n5c\n6d\n");
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let input = BufReader::new(&b"a\n"[..]);
        assert!(lines(input, Closed, |_, _| "x".to_owned()).is_ok());
    }
}
