"""What is not made here, in one pipeline for every place: what a text says, by which policy it is judged, what becomes of it.

`Screener` looks at text and `Meaning` at what it means; `images.judge` at what classifiers find in pictures. Each gives a `Verdict`.
"""
