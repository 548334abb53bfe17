import CYajl
public import Domain
public import Ports

/// Reads documents with libyajl's streaming parser.
///
/// The library finds tokens and checks the grammar; size, depth, text encoding and numbers are checked here.
public final class YajlDocument: DocumentReader {
  /// Makes a reader. It holds nothing between two documents.
  public init() {}

  /// Parses a whole text. The corresponding calls are `yajl_parse` and `yajl_complete_parse`.
  public func parse(_ bytes: [UInt8], limits: DocumentLimits) throws(DocumentError) -> JSON {
    guard bytes.count <= limits.size else { throw .tooLarge(limit: limits.size) }
    var builder = TreeBuilder(depth: limits.depth)
    let outcome = withUnsafeMutablePointer(to: &builder) { context in
      bytes.withUnsafeBufferPointer { Self.run($0, allowsComments: limits.allowsComments, context: context) }
    }
    switch outcome {
    case .complete:
      guard let root = builder.root else { throw .truncated }
      return root
    case .unfinished:
      throw .truncated
    case .stopped(let offset):
      throw Self.error(of: builder.fault, in: bytes, at: offset, depth: limits.depth)
    case .refused(let offset, let reason):
      throw Self.syntax(reason, in: bytes, at: offset)
    }
  }

  /// How the library ended.
  private enum Outcome {
    case complete
    /// All that was there is well, but it is not the whole document.
    case unfinished
    /// A callback stopped it.
    case stopped(offset: Int)
    case refused(offset: Int, reason: String)
  }

  private static func run(
    _ text: UnsafeBufferPointer<UInt8>, allowsComments: Bool, context: UnsafeMutablePointer<TreeBuilder>
  ) -> Outcome {
    var callbacks = TreeBuilder.callbacks
    return withUnsafePointer(to: &callbacks) { callbacks in
      guard let parser = yajl_alloc(callbacks, nil, context) else {
        return .refused(offset: 0, reason: "no memory for a parser")
      }
      defer { yajl_free(parser) }
      // Each text is checked when it becomes a String: the library's own check lets overlong forms pass.
      _ = cyajl_enable(parser, yajl_dont_validate_strings)
      if allowsComments { _ = cyajl_enable(parser, yajl_allow_comments) }
      switch yajl_parse(parser, text.baseAddress, text.count) {
      case yajl_status_ok:
        break
      case yajl_status_client_canceled:
        return .stopped(offset: yajl_get_bytes_consumed(parser))
      default:
        return .refused(offset: yajl_get_bytes_consumed(parser), reason: reason(of: parser))
      }
      switch yajl_complete_parse(parser) {
      case yajl_status_ok: return .complete
      case yajl_status_client_canceled: return .stopped(offset: text.count)
      default: return .unfinished
      }
    }
  }

  /// The library's message without its kind and line end, such as `invalid char in json text.`.
  private static func reason(of parser: yajl_handle) -> String {
    guard let text = yajl_get_error(parser, 0, nil, 0) else { return "malformed" }
    defer { yajl_free_error(parser, text) }
    let whole = String(cString: text)
    let line = whole.prefix { $0 != "\n" }
    guard let colon = line.firstIndex(of: ":") else { return String(line) }
    return String(line[line.index(after: colon)...].drop { $0 == " " })
  }

  private static func error(
    of fault: TreeBuilder.Fault?, in bytes: [UInt8], at offset: Int, depth: Int
  ) -> DocumentError {
    switch fault {
    case .tooDeep: .tooDeep(limit: depth)
    case .notUnicode: syntax("text is not UTF-8", in: bytes, at: offset)
    case .numberTooLarge: syntax("number is too large", in: bytes, at: offset)
    case nil: syntax("malformed", in: bytes, at: offset)
    }
  }

  /// Finds line and column of the last byte that was looked at; columns count characters of UTF-8.
  private static func syntax(_ reason: String, in bytes: [UInt8], at offset: Int) -> DocumentError {
    var line = 1
    var column = 1
    for byte in bytes.prefix(max(0, offset - 1)) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return .syntax(line: line, column: column, reason: reason)
  }
}
