"""Small widgets that panels, dialogs and the window share. Each knows what it shows and no session."""
