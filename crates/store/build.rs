//! The migrations are embedded by a macro that sees changed files, but not added ones.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
