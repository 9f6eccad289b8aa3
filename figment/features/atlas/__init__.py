"""Atlas: endless maps that people and the model fill in together.

A world is a plane of pixels, cut into tiles of 512 × 512. A tile that was painted has versions, each a file named by its content, and the
database says which one holds. An edit asks the model to fill a frame where nothing is yet, or under a mask; when its picture is
there, all its tiles are committed at once, or, where somebody was faster, blended anew. What an edit changed is kept, so that the tiles
follow from the history, and any edit can be taken back from under later ones.
"""
