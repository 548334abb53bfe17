import Testing

@testable import Domain

/// U+212A, which Unicode takes for a `K`, and one letter said in two ways.
private let (kelvin, whole, apart) = ("\u{212A}", "\u{E9}", "e\u{301}")

@Suite("Text by its bytes") struct BytewiseTests {
  @Test("texts are the same when their bytes are")
  func equality() {
    #expect("K" == kelvin && whole == apart, "what is to be told apart is equal otherwise")
    #expect("CAP_KILL".isBytewise("CAP_KILL") && "".isBytewise(""))
    #expect(!"CAP_\(kelvin)ILL".isBytewise("CAP_KILL"))
    #expect(!whole.isBytewise(apart) && !"\u{301}\u{323}".isBytewise("\u{323}\u{301}"))
    #expect(!["K"].containsBytewise(kelvin) && ["a", kelvin].containsBytewise(kelvin))
    #expect("K"[...].isBytewise("K") && !kelvin[...].isBytewise("K"))
  }

  @Test("begins and ends are of bytes")
  func ends() {
    #expect("/\u{301}x".hasBytePrefix("/") && !kelvin.hasBytePrefix("K") && "a"[...].hasBytePrefix("a"))
    #expect("a.slice".hasByteSuffix(".slice") && !"slice".hasByteSuffix(".slice"))
  }

  @Test("a separator is one whatever follows it")
  func separators() {
    #expect("a:\u{301}b::c".fields(at: ":") == ["a", "\u{301}b", "c"])
    #expect("a\r\nb".fields(at: "\n") == ["a\r", "b"])
    #expect("a;\(kelvin)\u{37E}b".fields(at: ";").count == 2, "a Greek question mark is none")
    #expect("a=b=c".fields(at: "=", maxSplits: 1) == ["a", "b=c"])
    #expect("a::b".fields(at: ":", omittingEmpty: false) == ["a", "", "b"])
  }

  @Test("keys are of bytes")
  func keys() {
    #expect(Set([ByteKey("K"), ByteKey(kelvin), ByteKey(whole), ByteKey(apart), ByteKey("K")]).count == 4)
    var index = NameIndex()
    for number in 0..<3 { #expect(index.remember("\(number)") == nil) }
    #expect(index.remember(whole) == nil && index.remember(apart) == nil && index.remember(whole) == 3)
    for number in 3..<40 { #expect(index.remember("\(number)") == nil) }
    #expect(index.remember(kelvin) == nil && index.remember("K") == nil && index.remember(apart) == 4)
  }

  @Test("words of closed lists are of bytes")
  func words() throws {
    #expect(SeccompAction(rawValue: "SCMP_ACT_\(kelvin)ILL") != nil, "the compiler's own would take it")
    #expect(SeccompAction(bytewise: "SCMP_ACT_\(kelvin)ILL") == nil)
    #expect(SeccompAction(bytewise: "SCMP_ACT_KILL") == .kill)
    let text = #"{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_\#(kelvin)ILL"}}}"#
    let json = try parsed(text)
    #expect(throws: DecodingError.self) { try Document(decoding: json) }
    #expect(ResourceLimitNumber.number(of: "RLIMIT_STAC\(kelvin)") == nil)
    #expect(Signal("SIG\(kelvin)ILL") == nil && Signal("k\u{131}ll") == nil && Signal("kill") == .kill)
  }

  @Test("members and variables are told apart by bytes")
  func members() throws {
    let json = try parsed("{\"\(whole)\":1,\"\(apart)\":2,\"K\":3}")
    #expect(json[whole] == .integer(1) && json[apart] == .integer(2) && json[kelvin] == nil)
    let variables = ["K=1", "\(kelvin)=2", "\(whole)=3", "\(apart)=4", "K=5", "HOME=/"]
    #expect(Environment(variables).entries.count == 5)
    #expect(PlanCompiler.parameterPath("net.\u{301}a/b.c") == "net/\u{301}a.b/c")
  }

  @Test("an object whose members are unknown asks nothing of resctrl")
  func unknownMembers() throws {
    let json = try parsed(#"{"linux":{"intelRdt":{"enableCMT":true,"later":{"a":1}}}}"#)
    #expect(try Document(decoding: json).linux?.intelRdt == nil)
  }
}
