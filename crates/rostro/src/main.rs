//! The `rostro` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    rostro::commands::main()
}
