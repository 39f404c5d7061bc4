// What `git describe` said when the binary was linked: `make static` links an object with this text.
// Weak, so that everything else links without it, and so that a new commit costs no compilation.
#pragma once

extern const char mv_version_text[] __attribute__((weak));

/// The version of this build; "dev" when none was linked in.
static inline const char *mv_version(void) { return &mv_version_text[0] ? mv_version_text : "dev"; }
