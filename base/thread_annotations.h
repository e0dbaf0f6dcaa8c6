// Clang's thread-safety attributes, as macros that are empty elsewhere.
//
// The clang build runs with -Wthread-safety -Werror, so a field marked GUARDED_BY
// that is touched without its mutex does not compile.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#if defined(__clang__)
#define POLLUX_ATTRIBUTE(x) __attribute__((x))
#else
#define POLLUX_ATTRIBUTE(x)
#endif

#define CAPABILITY(x) POLLUX_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY POLLUX_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) POLLUX_ATTRIBUTE(guarded_by(x))
#define REQUIRES_LOCK(...) POLLUX_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) POLLUX_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) POLLUX_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) POLLUX_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) POLLUX_ATTRIBUTE(release_capability(__VA_ARGS__))
