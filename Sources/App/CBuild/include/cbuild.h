#pragma once

/// The commit that the binary was built from, or "unknown". `scripts/build` overwrites the bytes in the
/// finished binary, so the compiler must never see them as a constant: ask by this function.
const char *martlet_commit(void);
