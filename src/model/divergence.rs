//! How the code here relates to the code that was handed over, and what may safely be done about it.
