@testable import Domain

/// Lines of `schemata`, as a document gives them and as the kernel shows them.
@Sendable func fuzzSchemata(_ input: [UInt8]) throws {
  let shown = RdtSchemata(file: input)
  try checkSchemata(shown)
  let lines = text(input).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  guard let given = try accepted({ () throws(RdtSchemaProblem) in try RdtSchemata(lines: lines) }) else {
    return
  }
  try checkSchemata(given)
  let changed = shown.merging(given)
  try hold(
    given.entries.allSatisfy { changed.value($0.resource, $0.domain) == $0.value }, "what is given counts")
  try hold(changed.restricted(to: given).entries.count == given.entries.count, "a part is what was named")
  try hold(
    changed.without(given).entries.count + given.entries.count == changed.entries.count,
    "what is not named is left")
}

private func checkSchemata(_ schemata: RdtSchemata) throws {
  let again = RdtSchemata(file: Array(schemata.text.utf8))
  try hold(again.lines == schemata.lines, "schemata are the same after they were written and read")
  try hold(schemata.merging(schemata) == schemata, "what is so already changes nothing")
  try hold(schemata.without(schemata).isEmpty, "nothing is left of what is taken away")
}

/// The directory `info` of resctrl, as lines `DIRECTORY/FILE=TEXT` (`;` ends a line of the text); `schemata=LINE`
/// is a line of the default class, `given=LINE` one that a class asks for.
@Sendable func fuzzRdtInfo(_ input: [UInt8]) throws {
  var (directories, files): ([String], [String: [String: String]]) = ([], [:])
  var (root, given): ([UInt8], RdtSchemata) = ([], RdtSchemata())
  for line in input.split(separator: 10) {
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
    let (key, value) = (text(Array(line[..<equals])), Array(line[(equals + 1)...]))
    if key == "schemata" { root += value + [10] }
    if key == "given" { given = given.merging(RdtSchemata(file: value)) }
    guard let slash = key.firstIndex(of: "/") else { continue }
    let (directory, file) = (String(key[..<slash]), String(key[key.index(after: slash)...]))
    if files[directory] == nil { directories.append(directory) }
    files[directory, default: [:]][file] = text(value.map { $0 == UInt8(ascii: ";") ? 10 : $0 })
  }
  let schemata = RdtSchemata(file: root)
  let host = RdtHost(
    directories.map { name in .init(name: name) { file in files[name]?[file] } }, root: schemata,
    countsBandwidth: input.count.isMultiple(of: 2))
  _ = try accepted { () throws(RdtSchemaProblem) in try host.check(given) }
  try checkHost(host, given)
  _ = host.difference(given, schemata)
  let statistics = RdtStatistics(host, root: schemata, schemata: given)
  try hold(try parsed(statistics.json.text()) == statistics.json, "statistics are JSON")
}

/// What a host takes lies within what it has.
private func checkHost(_ host: RdtHost, _ given: RdtSchemata) throws {
  for entry in given.entries {
    var one = RdtSchemata()
    one.set(entry)
    guard try accepted({ () throws(RdtSchemaProblem) in try host.check(one) }) != nil else { continue }
    guard let resource = host.resource(entry.resource) else {
      throw Finding(description: "a host takes no resource that it lacks")
    }
    try hold(resource.domains.contains(entry.domain), "a domain is one of the host's")
    switch resource.kind {
    case .cache(let cache):
      let mask = RdtSchemata.number(entry.value, base: 16) ?? .max
      try hold(mask & ~cache.mask == 0, "a mask is a part of the cache")
    case .bandwidth(let bandwidth):
      let amount = RdtSchemata.number(entry.value, base: 10) ?? .max
      try hold(bandwidth.rounded(amount) >= amount, "a bandwidth is rounded up")
      try hold(bandwidth.unit != .percent || amount <= 100, "a bandwidth is a part of all")
    case .other: break
    }
  }
}
