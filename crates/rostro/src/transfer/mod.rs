//! Many people at once, for operators: whole accounts out of and into archives, and folders of pictures into an account.
//! Works on the database directly; a server that runs on the same database follows.

pub mod archive;
pub mod folder;
