//! What `init` puts into a clone, line by line, so that it can say each and take exactly those back.

pub mod refspec;
