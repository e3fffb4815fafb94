// tablet_clean
