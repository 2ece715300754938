"""Views of one result: what a reviewer reads. Renders what was judged, judges nothing."""
