"""What facts mean: matrix, signals, life cycle, gate, hand-off and value. Pure rules, no input or output."""
