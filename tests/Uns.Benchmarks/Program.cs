using BenchmarkDotNet.Running;
using Uns.Benchmarks.Sparkplug;

if (args is ["host-memory"])
{
    HostMemory.Run();
}
else if (args is ["host-speed"])
{
    HostSpeed.Run();
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
