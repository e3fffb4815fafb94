// tablet
