package main

import "github.com/spf13/cobra"

// commands lists the tool's commands, one file each.
func commands() []*cobra.Command {
	return []*cobra.Command{
		doctorCommand(),
		keysCommand(),
		liveCommand(),
		replayCommand(),
		salvageCommand(),
		scanCommand(),
		sessionCommand(),
		shopCommand(),
		tailCommand(),
		verifyCommand(),
		exportCommand(),
		eraseCommand(),
	}
}
