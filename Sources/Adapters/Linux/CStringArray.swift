/// Strings as a null-terminated array of C strings, made before a clone so that the child allocates
/// nothing.
public final class CStringArray {
  /// Fit for `execve`; valid while this object lives.
  public let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let storage: UnsafeMutablePointer<CChar>

  /// Copies strings.
  public init(_ strings: [String]) {
    pointers = .allocate(capacity: strings.count + 1)
    storage = .allocate(capacity: strings.reduce(1) { $0 + $1.utf8.count + 1 })
    var next = storage
    for (index, string) in strings.enumerated() {
      pointers[index] = next
      for byte in string.utf8 {
        next.pointee = CChar(bitPattern: byte)
        next += 1
      }
      next.pointee = 0
      next += 1
    }
    pointers[strings.count] = nil
  }

  deinit {
    pointers.deallocate()
    storage.deallocate()
  }
}
