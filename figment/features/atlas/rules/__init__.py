"""What Atlas decides, without framework or I/O."""
