import { restoreTheme } from './theme.ts';

// By itself, so that it can run before the page is first painted.
restoreTheme();
