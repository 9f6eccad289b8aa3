"""What is not made here, in one pipeline for every place: normalisation, rules, review. Filled by its own issue."""
