"""Pure decisions: functions of their arguments, without files or clocks."""
