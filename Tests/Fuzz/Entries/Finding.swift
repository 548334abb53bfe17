import Domain

@testable import Kit

/// A property that an input broke.
struct Finding: Error, CustomStringConvertible {
  let description: String
}

/// Fails unless a property holds.
func hold(_ condition: Bool, _ property: @autoclosure () -> String) throws(Finding) {
  if !condition { throw Finding(description: property()) }
}

/// Fails unless a message is one line where it is shown: engines and logs take a message by its line, and a
/// terminal must not be told anything by it.
func holdOneLine(_ message: String) throws(Finding) {
  let shown = Log.oneLine(message).unicodeScalars
  try hold(
    shown.allSatisfy { $0.properties.generalCategory != .control },
    "no control character is shown: \(message)")
  let logged = Log.line(.error, message, .text, time: Timestamp(seconds: 0, nanoseconds: 0))
  try hold(
    logged.utf8.firstIndex(of: 10) == logged.utf8.indices.last, "a logged message is one line: \(message)")
}

/// What a parser makes of an input; nil when it refuses it, in one line.
func accepted<Value, Refusal: Error>(
  saying message: (Refusal) -> String = { "\($0)" }, _ parse: () throws(Refusal) -> Value
) throws(Finding) -> Value? {
  do throws(Refusal) {
    return try parse()
  } catch {
    try holdOneLine(message(error))
    return nil
  }
}

/// What a fuzzer feeds.
typealias Entry = @Sendable ([UInt8]) throws -> Void

/// The parsers by the names of their fuzzers. Each entry either ends, or throws the property that does not hold.
let entries: [(name: String, run: Entry)] = [
  ("annotations", fuzzAnnotations),
  ("bus-conversations", fuzzBusConversations),
  ("bus-messages", fuzzBusMessages),
  ("bus-texts", fuzzBusTexts),
  ("command-line", fuzzCommandLine),
  ("control-formats", fuzzControlFormats),
  ("device-rules", fuzzDeviceRules),
  ("devices", fuzzDevices),
  ("document", fuzzDocument),
  ("exec-process", fuzzExecProcess),
  ("gvariant", fuzzGVariant),
  ("host-configuration", fuzzHostConfiguration),
  ("host-files", fuzzHostFiles),
  ("id-maps", fuzzIDMaps),
  ("intervals", fuzzIntervals),
  ("json", fuzzJSON),
  ("kept-files", fuzzKeptFiles),
  ("lists", fuzzLists),
  ("memory-events", fuzzMemoryEvents),
  ("messages", fuzzMessages),
  ("mount-options", fuzzMountOptions),
  ("mount-table", fuzzMountTable),
  ("names", fuzzNames),
  ("netlink", fuzzNetlink),
  ("passwd", fuzzPasswd),
  ("plan-bytes", fuzzPlanBytes),
  ("pressure", fuzzPressure),
  ("process-files", fuzzProcessFiles),
  ("rdt-info", fuzzRdtInfo),
  ("records", fuzzRecords),
  ("schemata", fuzzSchemata),
  ("seccomp", fuzzSeccomp),
  ("sizes", fuzzSizes),
  ("statistics", fuzzStatistics),
  ("sync-frames", fuzzSyncFrames),
  ("timestamps", fuzzTimestamps),
  ("unit-places", fuzzUnitPlaces),
  ("updates", fuzzUpdates),
]

/// The entry of that name.
func entry(named name: String) -> Entry? {
  entries.first { $0.name == name }?.run
}

/// The input as text; what is not UTF-8 is repaired, as the parsers of text never see it.
func text(_ input: [UInt8]) -> String {
  String(decoding: input, as: UTF8.self)
}
