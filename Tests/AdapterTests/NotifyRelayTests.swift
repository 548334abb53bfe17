import CLinux
import Domain
import Linux
import Ports
import Testing

@testable import Notify

/// A relay between a container's socket and a manager's, in a directory of its own.
private final class Desk {
  let directory: String
  let managerPath: String
  let managerSocket: Descriptor
  let relay: NotifyRelay

  init(_ name: String, wordPatience: Int64 = 50, barrierPatience: Int64 = 50) throws {
    directory = "/tmp/martlet-relay-\(Processes.current)-\(name)"
    managerPath = directory + "/manager"
    try Files.makeDirectory(directory, mode: 0o700)
    managerSocket = try DatagramSocket.listen(managerPath)
    relay = NotifyRelay(
      manager: managerPath, wordPatience: wordPatience, barrierPatience: barrierPatience)
    try relay.prepare(in: directory)
  }

  deinit {
    for name in ["/notify/shared/notify.sock", "/manager"] { try? Files.remove(directory + name) }
    for name in ["/notify/shared", "/notify", ""] { try? Files.removeDirectory(directory + name) }
  }

  /// A connection as the container has it.
  func container() throws -> Descriptor {
    #expect(try relay.listen(in: directory))
    return try DatagramSocket.connect(relay.place(in: directory) + "/" + ServiceNotice.socketName)
  }

  /// What the manager has been told since it was asked last.
  func told() -> [String] {
    var words: [String] = []
    while let word = try? DatagramSocket.receive(on: managerSocket.number, limit: 8192) {
      words.append(String(decoding: word, as: UTF8.self))
    }
    return words
  }
}

@Suite("The relay to a service manager")
struct NotifyRelayTests {
  @Test("it serves one word at a time, and none twice")
  func serves() throws {
    let desk = try Desk("serves")
    let container = try desk.container()
    try DatagramSocket.send(Array("STATUS=a".utf8), on: container.number)
    try DatagramSocket.send(Array("nothing".utf8), on: container.number)
    try DatagramSocket.send(Array("READY=1".utf8), on: container.number)
    desk.relay.serve()
    #expect(desk.told() == ["STATUS=a\n"])
    desk.relay.serve()
    #expect(desk.told() == [])
    desk.relay.serve()
    #expect(desk.told() == ["MAINPID=\(Processes.current)\nREADY=1\n"])
    desk.relay.serve()
    #expect(desk.told() == [])
  }

  @Test("while a manager's queue is full it is waited for, and nothing is read")
  func full() throws {
    let desk = try Desk("full")
    let container = try desk.container()
    let filler = try DatagramSocket.connect(desk.managerPath)
    while (try? DatagramSocket.send([1], on: filler.number)) != nil {}
    try DatagramSocket.send(Array("READY=1".utf8), on: container.number)
    #expect(desk.relay.awaited?.toWrite == false)
    desk.relay.serve()
    let awaited = desk.relay.awaited
    #expect(awaited?.toWrite == true)
    try DatagramSocket.send(Array("STATUS=later".utf8), on: container.number)
    desk.relay.serve()
    #expect(desk.relay.awaited == awaited)
    _ = desk.told()
    desk.relay.serve()
    #expect(desk.told() == ["MAINPID=\(Processes.current)\nREADY=1\n"])
    #expect(desk.relay.awaited?.toWrite == false)
    desk.relay.finish()
    #expect(desk.told() == ["STATUS=later\n"])
  }

  @Test("a manager that went away costs the words that it misses, and no more")
  func gone() throws {
    let desk = try Desk("gone")
    let container = try desk.container()
    try Files.remove(desk.managerPath)
    try DatagramSocket.send(Array("STATUS=a".utf8), on: container.number)
    desk.relay.serve()
    #expect(desk.relay.awaited?.toWrite == false)
    let again = try DatagramSocket.listen(desk.managerPath)
    try DatagramSocket.send(Array("STATUS=b".utf8), on: container.number)
    desk.relay.serve()
    #expect(try DatagramSocket.receive(on: again.number, limit: 100) == Array("STATUS=b\n".utf8))
  }

  @Test("a manager that is not there is no reason to wait for a container")
  func nobody() throws {
    let desk = try Desk("nobody")
    #expect(try desk.relay.listen(in: desk.directory))
    try Files.remove(desk.managerPath)
    let own = try Processes.currentIdentity()
    #expect(
      throws: SystemFailure(call: "connect", subject: desk.managerPath, errno: .noSuchFileOrDirectory)
    ) {
      try desk.relay.waitUntilReady(own)
    }
  }

  @Test("a manager that does not close the barrier is waited for no longer than told")
  func barrier() throws {
    let desk = try Desk("barrier")
    let container = try desk.container()
    try DatagramSocket.send(Array("READY=1".utf8), on: container.number)
    let own = try Processes.currentIdentity()
    #expect(throws: SystemFailure(call: "sendmsg", subject: desk.managerPath, errno: .timedOut)) {
      try desk.relay.waitUntilReady(own)
    }
    #expect(desk.told() == ["MAINPID=\(own.pid)\nREADY=1\n", "BARRIER=1"])
  }

  @Test("a manager that takes nothing is waited for once")
  func deaf() throws {
    let desk = try Desk("deaf")
    let container = try desk.container()
    let filler = try DatagramSocket.connect(desk.managerPath)
    while (try? DatagramSocket.send([1], on: filler.number)) != nil {}
    for word in ["STATUS=a", "STATUS=b", "READY=1"] {
      try DatagramSocket.send(Array(word.utf8), on: container.number)
    }
    let own = try Processes.currentIdentity()
    #expect(throws: SystemFailure(call: "sendto", subject: desk.managerPath, errno: .timedOut)) {
      try desk.relay.waitUntilReady(own)
    }
  }

  @Test("a queue that is full of words is waited for with the barrier too")
  func crowded() throws {
    let desk = try Desk("crowded")
    let container = try desk.container()
    let filler = try DatagramSocket.connect(desk.managerPath)
    while (try? DatagramSocket.send([1], on: filler.number)) != nil {}
    _ = try DatagramSocket.receive(on: desk.managerSocket.number, limit: 100)
    try DatagramSocket.send(Array("READY=1".utf8), on: container.number)
    let own = try Processes.currentIdentity()
    #expect(throws: SystemFailure(call: "sendmsg", subject: desk.managerPath, errno: .timedOut)) {
      try desk.relay.waitUntilReady(own)
    }
    #expect(desk.told().last == "MAINPID=\(own.pid)\nREADY=1\n")
  }

  @Test("without a prepared directory there is nothing to listen at")
  func unprepared() throws {
    let desk = try Desk("unprepared")
    #expect(try desk.relay.listen(in: desk.directory + "/none") == false)
  }

  @Test("a directory whose path is too long for an address is reached all the same")
  func long() throws {
    let desk = try Desk("long-" + String(repeating: "x", count: 100))
    let container = try desk.container()
    try DatagramSocket.send(Array("WATCHDOG=1".utf8), on: container.number)
    desk.relay.serve()
    #expect(desk.told() == ["WATCHDOG=1\n"])
  }
}
