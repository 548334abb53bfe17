import Domain
import Ports

extension Context {
  /// The process that `exec` is to run: the file of `--process`, or the container's own process with the
  /// command line's changes.
  func processSettings(_ state: StateRecord) throws(Failure) -> ProcessSettings {
    if let path = invocation.filled(.process) { return try readProcess(path) }
    var process = state.document.process ?? ProcessSettings()
    process.args = Array(invocation.operands.dropFirst())
    guard !process.args.isEmpty else { throw .argument(.missingArguments) }
    // A terminal is asked for by `--tty`, and its size is the caller's.
    process.terminal = invocation.flag(.tty)
    process.consoleSize = nil
    if let cwd = invocation.filled(.cwd) { process.cwd = cwd }
    if invocation.text(.noNewPrivs) != nil { process.noNewPrivileges = invocation.flag(.noNewPrivs) }
    if let label = invocation.filled(.processLabel) { process.selinuxLabel = label }
    if let profile = invocation.filled(.apparmor) { process.apparmorProfile = profile }
    process.env += try environment()
    try applyUser(to: &process)
    try addCapabilities(to: &process)
    return try checked(process)
  }

  private func readProcess(_ path: String) throws(Failure) -> ProcessSettings {
    let json = try parse(path)
    let process: ProcessSettings
    do throws(DecodingError) {
      process = try ProcessSettings(decoding: json)
    } catch {
      throw .decoding(path: path, error)
    }
    return try checked(process)
  }

  private func checked(_ process: ProcessSettings) throws(Failure) -> ProcessSettings {
    let questions = process.questions
    let facts = questions.isEmpty ? Facts() : try facts(questions)
    let violations = ValidationRule.violations(ofProcess: process, on: facts)
    guard violations.isEmpty else { throw .invalid(violations.map(\.description)) }
    return process
  }

  private func environment() throws(Failure) -> [String] {
    let entries = invocation.list(.env)
    for entry in entries {
      guard entry.utf8.contains(UInt8(ascii: "=")), entry.utf8.first != UInt8(ascii: "=") else {
        throw .argument(.environment(entry))
      }
    }
    return entries
  }

  private func applyUser(to process: inout ProcessSettings) throws(Failure) {
    if let text = invocation.filled(.user) {
      guard let user = UserText(text) else { throw .argument(.user(text)) }
      process.user.uid = user.uid
      if let gid = user.gid { process.user.gid = gid }
    }
    for text in invocation.list(.additionalGids) {
      guard let gid = UserText.number(text[...]) else { throw .argument(.group(text)) }
      process.user.additionalGids.append(gid)
    }
  }

  /// Adds to the bounding, permitted and effective sets. The inheritable set stays: a capability in it
  /// would survive the execution of any program; and what is not in it cannot be ambient.
  private func addCapabilities(to process: inout ProcessSettings) throws(Failure) {
    let added = invocation.list(.cap)
    guard !added.isEmpty else { return }
    let names = composition.capabilities()
    var sets = process.capabilities ?? CapabilitySettings()
    for name in added {
      guard names.number(of: name) != nil else {
        log.note(.warning, "capability \(name.quoted) is unknown here, and left out")
        continue
      }
      if !sets.bounding.containsBytewise(name) { sets.bounding.append(name) }
      if !sets.permitted.containsBytewise(name) { sets.permitted.append(name) }
      if !sets.effective.containsBytewise(name) { sets.effective.append(name) }
      if sets.inheritable.containsBytewise(name), !sets.ambient.containsBytewise(name) {
        sets.ambient.append(name)
      }
    }
    process.capabilities = sets
  }
}

/// `<uid>[:<gid>]` in decimal digits and nothing else: a sign, a space or an empty number is refused, for
/// whatever is made of it could be another user than the one meant.
struct UserText: Equatable {
  let uid: UInt32
  let gid: UInt32?

  init?(_ text: String) {
    let parts = text.fields(at: ":", maxSplits: 2, omittingEmpty: false)
    guard parts.count <= 2, let uid = UserText.number(parts[0]) else { return nil }
    self.uid = uid
    if parts.count == 2 {
      guard let gid = UserText.number(parts[1]) else { return nil }
      self.gid = gid
    } else {
      gid = nil
    }
  }

  /// An id; the largest number means "no id" to the kernel.
  static func number(_ text: Substring) -> UInt32? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt32(text),
      number != UInt32.max
    else { return nil }
    return number
  }
}
