import CLinux
package import Domain

/// Makes a system call by number: the one place that reads the kernel's answer.
///
/// Interrupted calls are not repeated here; `retrying` does that where it is right.
@inline(__always)
package func call(
  _ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0
) throws(Errno) -> Int {
  let result = clinux_call(Int(number), a, b, c, d, e, f)
  guard result >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
  return result
}

/// Makes a system call again for as long as a signal interrupts it.
@inline(__always)
package func retrying(
  _ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0
) throws(Errno) -> Int {
  while true {
    let result = clinux_call(Int(number), a, b, c, d, e, f)
    if result >= 0 { return result }
    guard result == -Int(EINTR) else { throw Errno(rawValue: Int32(truncatingIfNeeded: -result)) }
  }
}

/// A pointer as an argument of a system call.
@inline(__always)
package func word(_ pointer: UnsafeRawPointer?) -> Int {
  Int(bitPattern: pointer)
}

/// A text has no address: its bytes would be gone before the call. Whoever needs them takes a pointer as parameter.
@available(*, unavailable)
package func word(_ text: String) -> Int { 0 }

/// What the C library says of the call of its that just failed.
package func lastErrno() -> Errno {
  Errno(rawValue: clinux_errno())
}
