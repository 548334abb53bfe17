import CLinux
public import Domain
import Linux
public import Ports

/// Keeps each container's records in a directory of its own below a root directory.
///
/// A directory is made under another name and renamed, so that its name never stands for less than a
/// whole intent; it leaves by a rename too, so that nobody sees half of a removal.
public final class DirectoryStateStore: StateStore {
  private let root: StateRoot
  private let reader: any DocumentReader
  /// How long another holder of a lock is waited for, in milliseconds.
  private let patience: Int64
  /// Who the caller is, once it is known.
  private var own: ProcessIdentity?

  /// Makes a store. The root directory is made by the first `begin`; the holder of a lock is waited for that many
  /// milliseconds.
  public init(root: String, reader: any DocumentReader, patience: Int64 = 10_000) {
    self.patience = patience
    self.root = StateRoot(path: root)
    self.reader = reader
  }

  public func begin(_ intent: IntentRecord) throws(StateError) -> any StateLock {
    let parent = try root.openMaking()
    if intent.creator.pid == Processes.current { own = intent.creator }
    let name = Preparation.name(of: intent.id, by: intent.creator)
    let text = intent.json.text()
    do throws(FailedCall) {
      let directory = try Preparation.make(name, text, at: parent.number).finish(as: intent.id.text)
      return DirectoryLock(directory, intent.id, in: root, patience: patience)
    } catch {
      if error.errno == .fileExists { throw .exists(intent.id) }
      throw root.failure(error.call, intent.id.text, error.errno)
    }
  }

  public func claimCgroup(of id: ContainerID) throws(StateError) {
    let directory = directory(of: id)
    let (old, new) = (directory + "/" + RecordFile.intent, directory + "/" + RecordFile.claimedIntent)
    do throws(Errno) {
      try Files.rename(old, at: currentDirectory, to: new, at: currentDirectory)
    } catch {
      if error == .noSuchFileOrDirectory { throw .missing(id) }
      throw root.failure("renameat2", id.text + "/" + RecordFile.claimedIntent, error)
    }
  }

  public func stage(_ record: StateRecord) throws(StateError) -> any StagedState {
    try StagedFile(record.json.text(), of: record.id, at: try open(record.id), in: root)
  }

  public func load(_ id: ContainerID) throws(StateError) -> StateEntry {
    let files = try read(id)
    if let damage = files.damage {
      throw .malformed(path: directory(of: id) + "/" + RecordFile.state, reason: "\(damage)")
    }
    var entry = try entry(id, files)
    if let bytes = files.state {
      entry.state = try decode(bytes, id, RecordFile.state) { (json) throws(DecodingError) in
        try StateRecord(decoding: json)
      }
    }
    return entry
  }

  public func loadIntent(_ id: ContainerID) throws(StateError) -> StateEntry {
    try entry(id, try read(id))
  }

  private func read(_ id: ContainerID) throws(StateError) -> RecordFile.Contents {
    let directory = try open(id)
    do throws(Errno) {
      let files = try RecordFile.readAll(at: directory.number)
      // Without a state it is a creation, unless it is a removal, which begins by taking the name away.
      if files.state == nil, try !root.holds(id.text, directory.number) { throw Errno.noSuchFileOrDirectory }
      return files
    } catch {
      // A removal took it away between two reads.
      if error == .noSuchFileOrDirectory { throw .missing(id) }
      throw root.failure("read", id.text, error)
    }
  }

  /// The entry without its state.
  private func entry(_ id: ContainerID, _ files: RecordFile.Contents) throws(StateError) -> StateEntry {
    let name = files.ownsCgroup ? RecordFile.claimedIntent : RecordFile.intent
    let intent = try decode(files.intent, id, name) { (json) throws(DecodingError) in
      try IntentRecord(decoding: json)
    }
    return StateEntry(
      intent: intent, state: nil, ownsCgroup: files.ownsCgroup, awaitsStart: files.awaitsStart,
      owner: files.owner)
  }

  public func identifiers() throws(StateError) -> [ContainerID] {
    guard let parent = try root.open() else { return [] }
    do throws(Errno) {
      var found: [ContainerID] = []
      for name in try DirectoryListing.names(in: parent.number) {
        if Preparation.isOne(name) {
          Preparation.sweep(name, at: parent.number)
        } else if let id = try? ContainerID(name) {
          found.append(id)
        }
      }
      return found
    } catch {
      throw root.failure("getdents64", "", error)
    }
  }

  public func lock(_ id: ContainerID) throws(StateError) -> any StateLock {
    var wait = LockWait(milliseconds: patience)
    // Each round more means that the container was removed, and made anew, while this caller waited.
    for _ in 0..<64 {
      let directory = try open(id)
      try take(directory.number, of: id, &wait)
      let isIts = try root.naming("flock", id.text) { () throws(Errno) in
        try root.holds(id.text, directory.number)
      }
      if isIts { return DirectoryLock(directory, id, in: root, patience: patience) }
    }
    throw root.failure("flock", id.text, .again)
  }

  private func take(_ directory: Int32, of id: ContainerID, _ wait: inout LockWait) throws(StateError) {
    let isTaken = try root.naming("flock", id.text) { () throws(Errno) in try LockWait.tries(directory) }
    guard !isTaken else { return }
    guard !isBeingCreated(id) else { throw .beingCreated(id) }
    guard try root.naming("flock", id.text, { () throws(Errno) in try wait.untilTaken(directory) }) else {
      throw .busy(id, milliseconds: patience)
    }
  }

  private func isBeingCreated(_ id: ContainerID) -> Bool {
    // What cannot be read is locked by somebody all the same.
    guard let files = try? read(id), files.state == nil, let found = try? entry(id, files) else {
      return false
    }
    return Processes.isAlive(found.intent.creator)
  }

  public func remove(_ id: ContainerID) throws(StateError) {
    guard let parent = try root.open() else { return }
    do throws(FailedCall) {
      let own =
        if let own { own } else {
          try FailedCall.naming("read") { () throws(Errno) in try Processes.currentIdentity() }
        }
      try Preparation.discard(id, by: own, at: parent.number)
    } catch {
      throw root.failure(error.call, id.text, error.errno)
    }
  }

  public func directory(of id: ContainerID) -> String {
    root.path + "/" + id.text
  }

  /// Opens a container's directory. Where there is none, what dead creators left is swept: nobody else
  /// looks for it.
  private func open(_ id: ContainerID) throws(StateError) -> Descriptor {
    guard let parent = try root.open() else { throw .missing(id) }
    do throws(Errno) {
      return try Files.open(id.text, at: parent.number, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch {
      // A file of that name is no container.
      guard error == .noSuchFileOrDirectory || error == .notDirectory else {
        throw root.failure("openat", id.text, error)
      }
    }
    for name in (try? DirectoryListing.names(in: parent.number)) ?? [] where Preparation.isOne(name) {
      Preparation.sweep(name, at: parent.number)
    }
    throw .missing(id)
  }

  private func decode<Record>(
    _ bytes: [UInt8], _ id: ContainerID, _ name: String, _ body: (JSON) throws(DecodingError) -> Record
  ) throws(StateError) -> Record {
    let path = directory(of: id) + "/" + name
    let json: JSON
    do throws(DocumentError) {
      json = try reader.parse(bytes, limits: DocumentLimits())
    } catch {
      throw .malformed(path: path, reason: RecordFile.reason(error))
    }
    do throws(DecodingError) {
      return try body(json)
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }
}
