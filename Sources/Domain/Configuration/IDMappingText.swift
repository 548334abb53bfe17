extension IDMapping {
  /// As much text as the kernel takes: it reads mappings from one `write` of less than a page. The
  /// corresponding text is that of user_namespaces(7).
  public static let textLimit = 4095

  /// As many mappings as the kernel takes.
  public static let countLimit = 340

  /// Mappings as `/proc/PID/uid_map` takes them. Where the text would be too long, ranges that continue one
  /// another become one.
  public static func text(_ mappings: [IDMapping]) -> String {
    let text = lines(mappings)
    return text.utf8.count <= textLimit ? text : lines(merged(mappings))
  }

  /// The same ranges in order, those that continue one another being one.
  public static func merged(_ mappings: [IDMapping]) -> [IDMapping] {
    var result: [IDMapping] = []
    for mapping in mappings.sorted(by: { $0.containerID < $1.containerID }) {
      if let last = result.last, continues(last, mapping) {
        result[result.count - 1].size += mapping.size
      } else {
        result.append(mapping)
      }
    }
    return result
  }

  /// Mappings out of the text of `/proc/PID/uid_map`; nil when it is none.
  public init?(line: some StringProtocol) {
    let numbers = Substring(line).fields(at: " ").compactMap { UInt32($0) }
    guard numbers.count == 3 else { return nil }
    self.init(containerID: numbers[0], hostID: numbers[1], size: numbers[2])
  }

  /// Whether an id inside the namespace is one of this range.
  func holds(_ id: UInt32) -> Bool {
    id >= containerID && id - containerID < size
  }

  private static func continues(_ first: IDMapping, _ next: IDMapping) -> Bool {
    let (inside, outside) = (
      first.containerID.addingReportingOverflow(first.size), first.hostID.addingReportingOverflow(first.size)
    )
    return !inside.overflow && !outside.overflow && inside.partialValue == next.containerID
      && outside.partialValue == next.hostID && !first.size.addingReportingOverflow(next.size).overflow
  }

  private static func lines(_ mappings: [IDMapping]) -> String {
    var text = ""
    for mapping in mappings {
      if !text.isEmpty { text += "\n" }
      text += "\(mapping.containerID) \(mapping.hostID) \(mapping.size)"
    }
    return text
  }
}
