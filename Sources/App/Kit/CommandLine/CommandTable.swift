extension Command {
  /// The one table of commands, in the order of help.
  static let rules: [Rule] = [
    Rule(
      .check, "check", "[bundle]", 0...1, "tell whether this host can run containers, or that of a bundle",
      example: """
        martlet check
        # Exit code 1 when this host cannot run it; each obstacle has a remedy.
        martlet check --format json /srv/web
        """),
    Rule(
      .checkpoint, "checkpoint", "<container-id>", 1...1, "write a running container to files (not yet)",
      example: """
        # What is running goes to ./checkpoint, and the container ends.
        martlet checkpoint --image-path ./checkpoint web
        """),
    Rule(
      .completion, "completion", "<bash|zsh|fish>", 1...many,
      "print the script that lets a shell complete command lines",
      example: """
        martlet completion bash > /etc/bash_completion.d/martlet
        martlet completion fish > ~/.config/fish/completions/martlet.fish
        """),
    Rule(
      .create, "create", "<container-id>", 1...1, "create a container",
      example: """
        # The program waits for "martlet start web".
        martlet create --bundle /srv/web --pid-file /run/web.pid web
        """),
    Rule(
      .delete, "delete", "<container-id>", 1...1, "delete what a container holds, once it is stopped",
      example: """
        martlet delete web
        # Whatever state it is in:
        martlet delete --force web
        """),
    Rule(
      .events, "events", "<container-id>", 1...1,
      "show what a container uses again and again, and when its memory is out",
      example: """
        martlet events --interval 500ms web
        # Once:
        martlet events --stats web
        """),
    Rule(
      .exec, "exec", "<container-id> <command> [args...]", 1...many, "run a further process in a container",
      example: """
        martlet exec --tty --env TERM=xterm web sh
        martlet exec --user 1000:1000 --cwd /srv web ls -l
        # The whole process from a file:
        martlet exec --process process.json --detach --pid-file /run/web-job.pid web
        """),
    Rule(
      .features, "features", "", 0...0, "show what this runtime supports, as JSON",
      example: "martlet features"),
    Rule(
      .kill, "kill", "<container-id> [signal]", 1...2, "signal a container's init process (default: SIGTERM)",
      example: """
        martlet kill web
        martlet kill web HUP
        # All of its processes:
        martlet kill --all web KILL
        """),
    Rule(
      .list, "list", "", 0...0, "list the containers below the root directory",
      example: """
        martlet list
        martlet --root /run/containerd/runc/k8s.io list --format json
        """),
    Rule(
      .manual, "manual", "[command]", 0...1, "print a page of the manual, for `man -l -` to show",
      example: "martlet manual run | man -l -"),
    Rule(
      .mounts, "mounts", "<add|remove> <container-id> <file>", 3...3,
      "add mounts to a running container, or take added ones away",
      example: """
        # A list as in config.json: [{"destination": "/data", "source": "/srv/data", "options": ["bind", "ro"]}]
        martlet mounts add web data.json
        martlet mounts remove web data.json
        """),
    Rule(
      .pause, "pause", "<container-id>", 1...1, "freeze all processes of a container",
      example: "martlet pause web"),
    Rule(
      .plan, "plan", "[bundle]", 0...1, "show the steps that a container of a bundle would go through",
      example: """
        martlet plan /srv/web
        martlet plan --format json /srv/web
        """),
    Rule(
      .ps, "ps", "<container-id> [ps options]", 1...many, "show the processes of a container",
      example: """
        martlet ps web
        martlet ps web -o pid,rss,args
        martlet ps --format json web
        """),
    Rule(
      .restore, "restore", "<container-id>", 1...1, "make a container from files of a checkpoint (not yet)",
      example: "martlet restore --bundle /srv/web --image-path ./checkpoint --detach web"),
    Rule(
      .resume, "resume", "<container-id>", 1...1, "thaw all processes of a container",
      example: "martlet resume web"),
    Rule(
      .run, "run", "<container-id>", 1...1, "create a container and start it",
      example: """
        cd /srv/web && martlet run web
        martlet run --bundle /srv/web --detach --pid-file /run/web.pid web
        """),
    Rule(
      .spec, "spec", "", 0...0, "write a new config.json",
      example: """
        mkdir -p bundle/rootfs && martlet spec --bundle bundle
        # For a user who is not root:
        martlet spec --rootless
        """),
    Rule(
      .start, "start", "<container-id>", 1...1, "start the program of a created container",
      example: "martlet start web"),
    Rule(
      .state, "state", "<container-id>", 1...1, "show the state of a container",
      example: "martlet state web"),
    Rule(
      .top, "top", "", 0...0, "show what all containers below the root directory use",
      example: """
        martlet top --sort memory
        martlet top --once --format json
        """),
    Rule(
      .update, "update", "<container-id>", 1...1, "change the limits of a container",
      example: """
        martlet update --memory 512M --pids-limit 100 web
        echo '{"cpu": {"quota": 50000, "period": 100000}}' | martlet update --resources - web
        """),
  ]

  private static let many = Int.max
}
