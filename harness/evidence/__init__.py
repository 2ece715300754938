"""Evidence bundles: what a walk leaves behind, how it is stored, read again and checked."""
