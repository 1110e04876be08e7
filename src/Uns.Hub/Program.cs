using Uns.Hub.Commands;

return await HubCommands.Build().Parse(args).InvokeAsync();
