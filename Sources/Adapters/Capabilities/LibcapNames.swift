import CCapability
public import Ports

/// Knows capabilities by libcap's table.
public final class LibcapNames: CapabilityNames {
  /// Opens nothing.
  public init() {}

  /// The corresponding call is `cap_from_name`.
  public func number(of name: String) -> UInt32? {
    var value: cap_value_t = 0
    // The library takes numbers and small letters, too, which the specification's names are not.
    guard name.utf8.starts(with: "CAP_".utf8), name.utf8.count > 4, cap_from_name(name, &value) == 0,
      value >= 0, value < cap_max_bits()
    else {
      return nil
    }
    return UInt32(value)
  }

  /// The corresponding calls are `cap_max_bits` and `cap_to_name`.
  public var known: [String] {
    var names: [String] = []
    for value in 0..<cap_max_bits() {
      guard let text = cap_to_name(value) else { continue }
      defer { cap_free(text) }
      names.append(String(cString: text).uppercased())
    }
    return names
  }
}
