//! The thread that starts all children.
//!
//! Linux sends a parent-death signal when the *thread* that forked ends, not the process. So children are started by one
//! thread that lives as long as we do.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use nix::sys::signal::Signal;

type Job = (Command, Sender<io::Result<Child>>);

static SPAWNER: OnceLock<Sender<Job>> = OnceLock::new();

/// Starts `command`.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, answer) in jobs {
                // Nobody waits for the answer any more: the child ends by itself when its pipes close.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, child) = channel();
    let gone = || io::Error::other("the thread that starts programs has ended");
    spawner.send((command, answer)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

/// Wraps the command in `setpriv --pdeathsig`, which replaces itself by it, so that the process id stays the child's.
/// Of the command its program, arguments, environment and folder are kept.
pub(super) fn dying_with_us(command: Command, signal: Signal) -> Command {
    let Some(setpriv) = super::find_program("setpriv").filter(|_| cfg!(target_os = "linux")) else {
        return command;
    };
    let mut wrapped = Command::new(setpriv);
    wrapped.arg("--pdeathsig").arg(signal.as_str().trim_start_matches("SIG"));
    wrapped.arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}
