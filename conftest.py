"""Nothing to configure here: the plugin comes from the installed package's ``pytest11`` entry point."""
