//! One verb a file.

pub mod addresses;
pub mod contract;
pub mod dead_letters;
pub mod demo;
pub mod dev;
pub mod doctor;
pub mod exec;
pub mod iam;
pub mod image_check;
pub mod images;
pub mod lambda;
pub mod progress;
pub mod psql;
pub mod push;
pub mod remote;
pub mod secrets;
pub mod sqlx;
pub mod stop;
pub mod terraform_apply;
pub mod test;
pub mod tools;

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// A child's exit code as a shell gives it: 128 and the signal for one that was ended.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(1)
}
