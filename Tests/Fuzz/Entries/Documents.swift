import Ports
import YajlDocument

@testable import Domain
@testable import Kit

/// The text as JSON; nil when the reader refuses it, in one line.
func parsed(_ input: [UInt8], _ limits: DocumentLimits = DocumentLimits()) throws(Finding) -> JSON? {
  try accepted(saying: \.phrase) { () throws(DocumentError) in try YajlDocument().parse(input, limits: limits)
  }
}

/// What a decoder makes of a value; nil when it refuses it, in one line.
func decoded<Value>(
  _ json: JSON, _ decode: (JSON) throws(DecodingError) -> Value
) throws(Finding) -> Value? {
  try accepted { () throws(DecodingError) in try decode(json) }
}

/// JSON text: what was read is written and read again unchanged, in each layout.
@Sendable func fuzzJSON(_ input: [UInt8]) throws {
  guard let json = try parsed(input) else { return }
  for layout: JSONWriter.Layout in [.compact, .spaces, .tabs] {
    let again = try parsed(json.text(layout))
    try hold(again == json, "JSON is the same after it was written as \(layout)")
  }
  _ = json.asksSomething
}

/// Different hosts, for rules that depend on one.
private let hosts: [Facts] = {
  var plain = Facts(effectiveUserID: 0, hasKernelCore: true)
  plain.securityModules = [.apparmor, .selinux]
  plain.resctrl = RdtMount(path: "/sys/fs/resctrl")
  var bare = Facts(
    effectiveUserID: 1000, inUserNamespace: true, namespaces: NamespaceSet(.mount),
    cgroups: CgroupLayout(
      mode: .hybrid,
      hierarchies: [
        .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
        .init(controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory"),
        .init(controllers: [], mountPoint: "/sys/fs/cgroup/unified", isUnified: true),
      ]))
  bare.sharedNamespaces = NamespaceSet(.network)
  return [plain, bare]
}()

/// `config.json`: decoding, validation, compilation, encoding, interpretation.
@Sendable func fuzzDocument(_ input: [UInt8]) throws {
  guard let json = try parsed(input), let document = try decoded(json, Document.init(decoding:)) else {
    return
  }
  let again = try decoded(document.json, Document.init(decoding:))
  try hold(again == document, "a document is the same after it was written and read")
  for warning in document.warnings(on: hosts[0]) { try holdOneLine(warning.description) }
  try checkResources(document)
  for facts in hosts {
    let violations = ValidationRule.violations(of: document, on: facts)
    for violation in violations { try holdOneLine(violation.description) }
    if violations.isEmpty { try checkPlan(document, facts) }
  }
}

/// A request with all that a document cannot know.
func request() throws -> PlanRequest {
  var request = PlanRequest(id: try ContainerID("fuzz"), bundle: "/bundle")
  request.terminal = .runtime
  request.seccomp = CompiledFilter(program: [6, 0, 0, 0, 0, 0, 0xFF, 0x7F], flags: 0)
  request.cgroup = CgroupLocation(
    driver: .cgroupfs, paths: [.init(controller: "memory", directory: "/sys/fs/cgroup/memory/martlet/fuzz")])
  return request
}

/// What validation lets pass compiles, and its process would read what was compiled.
private func checkPlan(_ document: Document, _ facts: Facts) throws {
  let request = try request()
  let plan = try compiled { () throws(PlanError) in
    try PlanCompiler.compile(document, facts: facts, request: request)
  }
  try hold(
    plan.listing.utf8.reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
      == plan.birth.lines.count + plan.slots.count + plan.entries.count,
    "each slot and step is listed on one line")
}

/// A plan that must come about, and that the interpreter must understand.
private func compiled(_ compile: () throws(PlanError) -> Plan) throws(Finding) -> Plan {
  guard let plan = try accepted(compile) else {
    throw Finding(description: "what passed validation cannot be compiled")
  }
  try checkEncoding(plan)
  return plan
}

private func checkResources(_ document: Document) throws {
  let resources = document.linux?.resources ?? Resources()
  for version in [SystemdVersion(218), SystemdVersion(999)] {
    if let writes = try accepted(
      saying: \.reason, { () throws(InexpressibleLimit) in try resources.writesV1() })
    {
      _ = SystemdProperties.version1(writes, version)
    }
    if let writes = try accepted(
      saying: \.reason, { () throws(InexpressibleLimit) in try resources.writesV2() })
    {
      _ = SystemdProperties.version2(writes, version)
    }
  }
  _ = (resources.ignoredByV1, resources.ignoredByV2)
}

/// The `--process` document of `exec`.
@Sendable func fuzzExecProcess(_ input: [UInt8]) throws {
  guard let json = try parsed(input), let process = try decoded(json, ProcessSettings.init(decoding:)) else {
    return
  }
  try hold(
    try decoded(process.json, ProcessSettings.init(decoding:)) == process,
    "a process is the same after it was written and read")
  let violations = ValidationRule.violations(ofProcess: process, on: hosts[0])
  for violation in violations { try holdOneLine(violation.description) }
  guard violations.isEmpty else { return }
  let request = try request()
  _ = try compiled { () throws(PlanError) in
    try PlanCompiler.compileExec(process, LinuxSettings(), namespaces: .all, request: request)
  }
}

/// The records of a container: `state.json` and the intent.
@Sendable func fuzzRecords(_ input: [UInt8]) throws {
  guard let json = try parsed(input) else { return }
  if let record = try decoded(json, StateRecord.init(decoding:)) {
    try hold(
      try decoded(record.json, StateRecord.init(decoding:)) == record,
      "a state record is the same after it was written and read")
    _ = ContainerState(
      id: record.id, status: .running, pid: record.initProcess.pid, bundle: record.bundle,
      annotations: record.document.annotations
    ).json.text()
  }
  if let intent = try decoded(json, IntentRecord.init(decoding:)) {
    try hold(
      try decoded(intent.json, IntentRecord.init(decoding:)) == intent,
      "an intent is the same after it was written and read")
    _ = Undo.compile(intent, state: nil, ownsCgroup: true, creator: intent.creator)
  }
}

/// `martlet.json`.
@Sendable func fuzzHostConfiguration(_ input: [UInt8]) throws {
  let limits = DocumentLimits(size: 1 << 20, depth: 16, allowsComments: true)
  guard let json = try parsed(input, limits) else { return }
  _ = try accepted { () throws(ConfigurationError) in
    try HostConfiguration.decode(json, input, "martlet.json")
  }
}

/// Annotations that are heeded, and any others: name and value on a line each, one after the other.
@Sendable func fuzzAnnotations(_ input: [UInt8]) throws {
  var document = Document()
  var lines = input.split(separator: 10, omittingEmptySubsequences: false).map { text(Array($0)) }[...]
  while let name = lines.popFirst() {
    document.annotations.append(Annotation(name: name, value: lines.popFirst() ?? ""))
  }
  document.linux = LinuxSettings()
  for violation in ValidationRule.violations(of: document, on: hosts[0]) {
    try holdOneLine(violation.description)
  }
  for warning in document.warnings(on: hosts[0]) { try holdOneLine(warning.description) }
  typealias Violation = UnitAnnotations.Violation
  _ = try accepted { () throws(Violation) in try UnitAnnotations.properties(document.annotations) }
  let subgroup = try accepted { () throws(Violation) in try UnitAnnotations.subgroup(document.annotations) }
  if let name = subgroup ?? nil {
    try hold(!name.pathComponents.contains("..") && !name.isAbsolutePath, "a cgroup lies below its unit")
  }
}

/// `update --resources`: the change itself, then the limits that it changes.
@Sendable func fuzzUpdates(_ input: [UInt8]) throws {
  guard let json = try parsed(input),
    let given = try decoded(json["given"] ?? json, Resources.init(decoding:)),
    let recorded = try decoded(json["recorded"] ?? .object([]), Resources.init(decoding:))
  else { return }
  try hold(given.changed(by: given) == given, "what is so already changes nothing")
  let change = ResourceChange(given: given, recorded: recorded)
  try hold(change.merged.changed(by: given) == change.merged, "a change made twice is the same")
  let effective = try accepted(saying: \.reason) { () throws(InexpressibleLimit) in try change.effective() }
  guard let effective else { return }
  let writes = try accepted(saying: \.reason) { () throws(InexpressibleLimit) in try effective.writesV2() }
  for write in writes ?? [] {
    _ = ControlFormat(file: write.file).restoration(of: write.text, present: write.text)
  }
  _ = try decoded(json, CgroupUpdate.Record.init(decoding:))
}
