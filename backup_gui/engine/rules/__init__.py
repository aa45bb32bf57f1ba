"""Pure decisions: arguments in, an answer out, without a file or a clock."""
