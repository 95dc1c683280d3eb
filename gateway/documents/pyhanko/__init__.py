"""The second way: pyHanko reads, judges and updates what the lean way is not certain of."""
