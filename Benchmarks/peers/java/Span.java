import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** A span of time, and the CPU time of the whole process in it: collector and compiler included. */
final class Span {
    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final long started = System.nanoTime();
    private final long cpuStarted = SYSTEM.getProcessCpuTime();
    double seconds;
    double cpuSeconds;

    void end() {
        seconds = (System.nanoTime() - started) / 1e9;
        cpuSeconds = (SYSTEM.getProcessCpuTime() - cpuStarted) / 1e9;
    }
}
