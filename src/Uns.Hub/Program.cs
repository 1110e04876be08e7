using Uns.Hub.Commands;

return await HubCommands.InvokeAsync(args);
